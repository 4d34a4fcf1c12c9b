"""``make bench``: every benchmark, one after another."""

from benchmarks import (
    conversion,
    diarization,
    dub,
    engines,
    library,
    lips,
    live,
    memory,
    portrait,
    recognition,
    similarity,
    speakers,
)

dub.main()
memory.main()
diarization.main()
speakers.main()
similarity.main()
conversion.main()
portrait.main()
lips.main()
engines.main()
library.main()
recognition.main()
live.main([])
