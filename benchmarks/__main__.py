"""``make bench``: every benchmark, one after another."""

from benchmarks import diarization, dub, library, memory, similarity

dub.main()
memory.main()
diarization.main()
similarity.main()
library.main()
