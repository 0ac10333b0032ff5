"""What strop knows of git repositories. It reads files and never runs git: a repository can make git run programs."""
