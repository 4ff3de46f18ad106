"""Makes a message and hands it to a backend; knows no subscriber."""
