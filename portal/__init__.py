"""The portal: who asked, who decided, who paid, who received, and a log that anyone can check."""
