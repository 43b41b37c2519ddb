"""The course: six assignments, and what a lecturer does with them."""
