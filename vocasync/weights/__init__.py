"""Published model weights: what there is, where it lies, whether it is whole, and on what terms it may be used."""
