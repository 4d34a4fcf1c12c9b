"""The pages. A view checks who asks, calls a service or a selector, and renders; it never touches an engine."""
