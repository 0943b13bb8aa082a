# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""Wordings of dialogues in which the assistant shows clips of its own accord, in the notation of `notation.py`."""

from .notation import lines


# Human opens; `{name}`, `{a_name}` and `{names}` stand for the first thing in the caption.
OPENERS = lines("""
    [Good morning|Hi there|Hello]! [I couldn't sleep|I had a dream] and [kept thinking of|it was all about] {names}.
    My [daughter|nephew|little son|niece] [asked me|wanted to know] [all day|at breakfast] about {names}. [Can you help|What do I say]?
    [What comes to your mind|What do you think of] when you hear "{name}"?
    I'm [preparing|planning] [a birthday card|a school talk|a quiz|a bedtime story] and need [something|an idea] with {a_name}.
    [It rains|It is grey|It is so quiet] here. [Cheer me up|Tell me something nice|Surprise me] with {a_name}.
    [Do you remember|Have you ever seen] {a_name}? [I saw one|We met one|I read about one] [yesterday|last summer|in a book].
    [I'm bored|I have five minutes left|I need a break]. [Talk to me about|Let's chat about] {names}.
    [We played|The kids played] a guessing game and [nobody|only one of us] got "{name}".
    [I'd like to learn|I want to know] [something|a bit] about {names}. [Where do I begin|What should I look at first]?
    [Which|What] [animation|moving picture] would [suit|go with] a [poem|song|story] about {a_name}?
    [My friend says|People say] {names} are [boring|easy to draw|all the same]. [Are they|Do you agree]?
    [Good evening|Hey]. [I collect|I like] little clips. [Do you have one|Is there one] with {a_name}?
""")
# The assistant's turn with the clip, `{clip}`.
SHOWS = lines("""
    [Here you are|There you go|Look|Have a look|See for yourself]: {clip}
    [That makes me think of|I'd picture it as|How about|Then you may like] this: {clip}
    [A clip says more than words|Let me show you|Nothing explains it better]. {clip} [Do you like it|Is that what you meant|What do you think]?
    {clip} [That is how I imagine it|This is what I see before me|I hope it brings a smile].
    [Of course|Gladly|With pleasure]! {clip}
    [I have just the thing|I know one|This one fits]: {clip} [Tell me if you want more|Enjoy it|Watch it twice].
    [Good question|A lovely topic]. [Start with this|Look at this first]: {clip}
""")
# A turn before the clip, if it does not come at once.
LEAD_INS = (
    (
        "[That sounds nice|What a lovely thought|I like that]. [What interests you most|Tell me more]?",
        "[How it looks|What it does|Just show me one|I'd rather see one than read about it].",
    ),
    (
        "[I know {names} from clips|I have seen {a_name} before]. [Shall I show you one|Would you like to see one]?",
        "[Yes, please|Please do|Oh yes|Go ahead|Sure, show me].",
    ),
    (
        "[Is it for you or for someone else|Who is going to see it]?",
        "[For my family|For me|For a friend who is ill|For my class]. [Any idea|Can you show me something]?",
    ),
)
# After the clip: Human and the assistant; `{motion}` and `{background}` come out of the caption.
REACTIONS = (
    ("[Wonderful|Lovely|How nice|That's great], [thank you|thanks]!", "[You're welcome|My pleasure|Gladly]!"),
    (
        "[And what is behind it|What color is the background|Which background did you take]?",
        "[The background is|It is] {background}.",
    ),
    ("[What is it doing|How does it move|What happens in it]?", "[It is|The {name} is] {motion}."),
    ("[Who is in it|What is that|What do I see there]?", "[That is|You see] {a_name}."),
    (
        "[Ha, that's funny|That made me laugh|My son laughed]!",
        "[I'm glad|Good to hear]. [Shall we go on|Anything else]?",
    ),
    (
        "[Can I use it|May I show it to my class|Can I send it to my mother]?",
        "[Of course|Sure], [go ahead|it is yours|please do].",
    ),
)
BETWEEN = lines("""
    [Nice|Good|I see]. [And do you know one with|What about|Now something with] {names}?
    [It reminds me of|That makes me think of] {a_name}. [Have you got one|Can you show that too]?
    [One more, please|Another one|And now]: {a_name}?
""")
