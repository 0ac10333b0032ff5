"""Count words and their neighbours in a text: the slow part of a nightly report."""


def words_of(text):
    words = []
    word = ""
    for character in text:
        if character.isalpha() or character == "'":
            word = word + character.lower()
        else:
            if word != "":
                words.append(word)
            word = ""
    if word != "":
        words.append(word)
    return words


def most_common_pairs(text, how_many):
    """The most frequent pairs of words that follow one another, with their counts; ties in alphabetical order."""
    words = words_of(text)
    pairs = []
    counts = []
    for i in range(len(words) - 1):
        pair = (words[i], words[i + 1])
        if pair in pairs:
            counts[pairs.index(pair)] += 1
        else:
            pairs.append(pair)
            counts.append(1)
    result = list(zip(pairs, counts))
    result.sort(key=lambda each: (-each[1], each[0]))
    return result[:how_many]
