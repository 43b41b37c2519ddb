"""From the official files of a data set to arrays: readers, checks, splits, preparation and phantoms."""
