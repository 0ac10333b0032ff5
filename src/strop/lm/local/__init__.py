"""A model on this machine, `local/<owner>/<repository>/<file.gguf>`: downloaded once, served by llama.cpp.

Needs the extra `local` (xllamacpp, huggingface_hub). `download` finds or downloads the file, `server` starts and ends the
process, `serve` is that process, `model` is the language model.
"""
