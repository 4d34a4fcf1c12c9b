"""``make bench``: every benchmark, one after another."""

from benchmarks import diarization, dub, engines, library, lips, memory, similarity

dub.main()
memory.main()
diarization.main()
similarity.main()
engines.main()
library.main()
lips.main()
