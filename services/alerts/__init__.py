"""What is wrong, who is told of it once, and when it is over."""
