"""The engines app's REST interface."""
