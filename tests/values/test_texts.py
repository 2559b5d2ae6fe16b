from values import texts


def test_a_language_falls_back_to_its_stem_then_to_the_first():
    names = {"fr": "Bouilloire", "en": "Kettle"}
    assert texts.in_language(names, "en") == "Kettle"
    assert texts.in_language(names, "en-GB") == "Kettle"
    assert texts.in_language(names, "de") == "Bouilloire"
    assert texts.in_language({"en": "", "fr": "x"}, "en", "code") == ""
    assert texts.in_language({}, "en", "code") == "code"
