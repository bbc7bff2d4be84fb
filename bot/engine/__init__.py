"""What runs by itself: it finds what is due, decides it, and delivers what came of it."""
