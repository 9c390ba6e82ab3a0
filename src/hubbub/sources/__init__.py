"""Other systems' messages as publications of channels, and the way back."""
