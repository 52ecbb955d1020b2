"""What other systems read and write: imports today; feeds and open data live here too."""
