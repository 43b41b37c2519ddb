"""Fetch the archives of a data set and unpack them where the readers look, without trusting either."""
