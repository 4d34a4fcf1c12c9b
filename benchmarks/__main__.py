"""``make bench``: every benchmark, one after another."""

from benchmarks import diarization, dub, memory, similarity

dub.main()
memory.main()
diarization.main()
similarity.main()
