"""What more than one lesson uses, in floors: mathematics, data, networks, pictures, the student."""
