"""The engine room: dubbing as a library, with no web framework in it.

Floors, from the top: ``pipelines`` > ``stages`` > ``engines`` > ``media | provenance`` >
``artifacts | languages`` > ``progress | types | errors | version``. A floor imports only from floors below it.
"""
