"""``make bench``: every benchmark, one after another."""

from benchmarks import diarization, dub, engines, library, memory, similarity

dub.main()
memory.main()
diarization.main()
similarity.main()
engines.main()
library.main()
