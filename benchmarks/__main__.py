"""``make bench``: every benchmark, one after another."""

from benchmarks import conversion, diarization, dub, engines, library, lips, memory, portrait, similarity

dub.main()
memory.main()
diarization.main()
similarity.main()
conversion.main()
portrait.main()
lips.main()
engines.main()
library.main()
