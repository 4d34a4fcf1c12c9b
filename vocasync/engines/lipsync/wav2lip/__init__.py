"""Wav2Lip: K. R. Prajwal et al., "A lip sync expert is all you need for speech to lip generation in the wild", ACM
Multimedia 2020. The network is written here from what is known of it and loads the weights that were published."""
