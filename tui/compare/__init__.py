"""Two to four runs in one window: what is drawn of them, and the screen that shows it."""
