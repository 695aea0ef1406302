plumb completion cobol
