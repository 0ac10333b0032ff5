"""A model on this machine, `local/<owner>/<repository>/<file.gguf>`: fetched once, served by llama.cpp.

Needs the extra `local` (xllamacpp, huggingface_hub). What is where: `download` finds or fetches the file, `server` starts and
ends the process, `serve` is that process, `model` puts them together.
"""
