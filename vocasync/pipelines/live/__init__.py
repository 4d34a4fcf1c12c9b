"""Live dubbing: speech comes in while it is spoken, and goes out in another language within a second.

Unlike the pipelines over a workspace it keeps nothing: sound passes through memory, and numbers alone are left of it.
"""
