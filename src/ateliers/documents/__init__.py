"""Documents: PDF files for print, and QR codes."""
