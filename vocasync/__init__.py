"""The engine room: dubbing as a library, with no web framework in it.

Floors, from the top: ``pipelines`` > ``stages`` > ``engines`` > ``media`` > ``artifacts | languages`` >
``progress | types | errors``. A floor imports only from floors below it.
"""
