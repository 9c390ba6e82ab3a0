"""Which options a channel has, and who may do what there."""
