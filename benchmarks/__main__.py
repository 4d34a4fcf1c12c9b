"""``make bench``: every benchmark, one after another."""

from benchmarks import dub, memory

dub.main()
memory.main()
