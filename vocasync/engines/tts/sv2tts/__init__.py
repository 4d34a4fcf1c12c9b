"""SV2TTS: a voice from a few seconds of speech (Y. Jia et al., "Transfer learning from speaker verification to
multispeaker text-to-speech synthesis", NeurIPS 2018).

Three networks one after the other: a GE2E speaker encoder (:mod:`.encoder`), a Tacotron synthesizer that is told the
speaker (:mod:`.synthesizer`), a WaveRNN vocoder (:mod:`.vocoder`). They are written here from the papers and load the
weights that were published for Real-Time-Voice-Cloning; every size is read from the shapes of the weights.
"""
