# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The user's wordings about clips, in the notation of `notation.py`."""

from .notation import lines


ABOUT_CLIPS: dict[str, tuple[str, ...]] = {
    # -- one clip, any kind ------------------------------------------------------------------------------------------
    "object": lines("""
        What [is|do you see|can you see] in [the|this] [clip|video]?
        What is [this|that|it]?
        What [object|thing] is [this|that|it]?
        Which [object|thing] [appears|is shown|can be seen] in the [clip|video]?
        What does [the|this] [clip|video] show?
        What am I looking at?
        Can you tell me what [this is|is in the clip|the video shows]?
        Name the [object|thing] in [the|this] [clip|video].
        Please name the object.
        What do we have here?
        What's in [the|this] [clip|video]?
        Do you recognise [this|it|the object]?
        What [kind of|sort of] [thing|object] is [this|it]?
        Which object do you see?
        I can't make out what this is. Can you?
        [Say|Tell us|Guess|Spell out] what [this is|it is|the clip shows|is shown].
        [Could|Can|Would] you [say|tell me|name] what [it|this thing|the object] is?
        [Please say|Please tell me|I want to know|I'd like to know] what [this|it|that thing] is.
        [Object|Thing|The object|Name of the object|Subject]?
        [What's|What is] [shown|pictured|depicted|on screen|featured] [here|in the clip|in this video]?
        What does [the|this|my] [clip|video|animation] [contain|depict|feature|present|have in it]?
        Which [animal or thing|creature or thing|item|object] [is this|do I see here|is that]?
        What [is it that is|is] [moving about|on display|on the screen|in the picture|in the frame]?
        What [would you call|do you call|do people call] [this|that|this thing|the object]?
        [What's|What is] [the object|the main object|the subject|the star][| of the clip| of this video]?
        [Can|Could] you [identify|recognise|recognize|make out|name] [it|this|that|the thing in the clip]?
        [Do you know|Have you any idea|Can you guess|Can you work out] what [it|that|the object] is?
        [What have we|What have you] [got|found|spotted] [here|there|in this clip]?
        [So what|OK, what|Right, what|And what] [is this|is that|is it|do you see]?
        What [thing|item|creature|object] [does the clip show|is in this clip|is in the video|do you see here|can you see]?
        [I have no idea|I don't know|I can't tell|I wonder|I was wondering] what [this|that|it] is. [Help me out|Do you know|You tell me].
        [What|Which object] [did you|do you|can you] [notice|spot|recognise|make out|find] [here|in the clip|in the video]?
        [Look at this|Look here|Watch this|Have a look]. What is it?
        Give me [the name of the object|one word for what you see|the object's name].
        [Which|What] [object|thing] is [the clip|the video|it] about?
        There is something in the [clip|video]. What is it?
        What [appears|shows up|turns up|comes up|is visible|is seen] [here|in the clip|in the video]?
        [Recognise|Recognize|Know] [this|that|this thing]?
        What [might|could|can] [this|that|it] be?
        ! Tell me what you see [here|in it].
        ! What can be seen here?
        ! Identify the object, please.
        ! Any idea what this is?
        ! What is the name of the thing in the [clip|video]?
    """),
    "motion": lines("""
        How does [it|the {object}|the object] move?
        How is [it|the {object}|the object] moving?
        [Which way|In which direction] does [it|the {object}|the object] [move|go]?
        [Which way|Where] is [it|the {object}] [going|moving]?
        What does [it|the {object}|the object] do?
        What is [it|the {object}] doing?
        What [happens to|is happening to] [it|the {object}|the object]?
        Describe the [motion|movement][| of the {object}].
        What kind of [motion|movement] do you see?
        Does [it|the {object}] move, and if so, how?
        How does [its|the {object}'s] [position or size|size or position] change?
        Tell me how [it|the {object}] moves.
        [Motion|Movement|Direction|How it moves|Type of motion]?
        [Say|Tell us|Explain|Spell out|Report] how [it|the {object}|the object] [moves|changes|travels].
        [Could|Can|Would] you [say|tell me|explain] how [it|the {object}] [moves|is moving|goes]?
        [Please describe|Please explain|Please tell me|I'd like to know] how [it|the {object}|the thing] moves.
        [What's|What is] [it|the {object}] [doing|up to] [there|here|in the clip|in this video|all the time]?
        What does [it|the {object}] do [here|there|throughout|over time|the whole time|all along|over the course of the clip]?
        [What happens|What's happening] [to|with] [it|the {object}|the thing] [over time|throughout the clip|as time goes on|in the video]?
        [Where|In what direction|Which direction|To which side] [is|does] [it|the {object}] [heading|headed|travelling|drifting|going|moving|head|travel|drift|go]?
        How does [it|the {object}] [travel|get about|behave|act|change|change over time|go on]?
        [What sort of|What type of|Which kind of|Which] [motion|movement] [is this|is it|does it make|do we have here|can you see]?
        Where is [it|the {object}|the thing] [off to|headed|drifting|gliding|sliding|going to]?
        Is [it|the {object}] [going left, right, up or down|moving, growing or shrinking|rising, falling or staying put]?
        [And|OK,|So,] [how does it move|which way does it go|what is it doing]?
        [Where does|Which way does] [it|the {object}] [go|drift|glide|slide|head|travel|run]?
        Is [it|the {object}] going [anywhere|somewhere], and [where|which way]?
        Does [it|the {object}] [go up, down, left or right|grow, shrink or stay the same|rise or fall or something else]?
        [Follow|Watch] the {object}. [Which way does it go|How does it move|What does it do]?
        [Tell me about|Say something about|What about|What can you say about] [the motion|the movement|its motion|the direction].
        [Does|How does] [the place or the size|its size or its place] change?
        [Name|Give me|Report|State] [the motion|the movement|the direction][| of the {object}], please.
        [How|In which manner] [would you say|do you think] [it|the {object}] moves?
        [What|Which] [path|way|course|direction] does [it|the {object}] [take|follow|choose]?
        [I missed how|I did not see how|I'd like to hear how] [it|the {object}] moved. [Can you tell me|How was it]?
        From where to where does [it|the {object}] [go|move]?
        ! What is the [motion|movement] of [it all|the {object}|the object]?
        ! What does [it|the {object}] do during the [clip|video]?
        ! Can you describe how [it|the {object}] moves?
        ! In what way does [it|the {object}] move or change?
    """),
    "background": lines("""
        What color is the background?
        Which color [is|has] the background?
        What is the color of the background?
        What's the background color?
        What is the background like?
        On [what|which] color of background does [it|this] happen?
        What color is behind [it|the {object}]?
        What color do you see behind [it|the {object}]?
        Tell me the color of the background.
        What [color|colour] is the backdrop?
        Which color fills the background?
        Name the background color.
        What is behind [it|the {object}]?
        [Background|Background color|Backdrop|The background, please|Color of the backdrop]?
        [Say|Tell us|State|Give me|Report] [the background color|the color of the backdrop|what color is behind it].
        [Could|Can|Would] you [say|tell me|name] [the background color|the color behind it|what color the background is]?
        [What|Which] [shade|color|hue|tone] is [the backdrop|the background|behind the {object}|the surface behind it|used behind it]?
        [What's|What is] [the backdrop|the ground|the color behind the {object}|the setting|the shade of the background]?
        [What|Which color] [lies|is shown|is there|can be seen] behind [it|the {object}]?
        [On|Against|Before] [what|which] [color|backdrop|background|shade] does [it|this|the {object}] [appear|stand|move|show up]?
        [Against which|Over which|On which] [color|plain color|backdrop] [is|do you see] [it|the {object}]?
        [How|In which color] is the [background|backdrop] [painted|colored|done|filled]?
        What does the [background|backdrop] look like?
        [I'd like to know|I want to know|Please say|Please name] [the color of the background|the background color|what color the backdrop is].
        [Describe|Tell me about|Say something about] the [background|backdrop].
        [Which|What] plain color [is used|is it|is behind everything|fills the frame]?
        The [background|backdrop] is [which color|what color|in what shade]?
        [Is the background|Is the backdrop] red, blue or [something else|what]?
        [What color|Which color] [surrounds|is around|is all around] [it|the {object}]?
        [Red, green, blue|White, black, yellow]: [what is|which one is] the background?
        [So|OK,|And] [what color is the background|which color is behind it]?
        [Do you see|Can you see|Can you tell] [the background color|which color is behind it|what the backdrop is]?
        What [is|do you see] [in the back|at the back|behind everything|in the background]?
        [Everything is|It all happens] on [which color|what color]?
        ! What color does the background have?
        ! In front of which color is [it|the {object}]?
        ! Please tell me which color the backdrop is.
        ! Which background color [was used|do you see]?
    """),
    "count": lines("""
        How many [objects|things] [are there|do you see|can you see|appear][| in the clip| in the video]?
        Count the [objects|things][| in the clip].
        Is there more than one [object|thing]?
        Is there one object or two?
        What is the number of objects?
        [How many|Number of objects|Number of things|Count]?
        [How many] [items|objects|figures|things] [does it contain|do we see|does this video have|are shown|are visible|are present]?
        [Are there|Do I see] [one or two|several|two or more|multiple] [objects|things][| here| in the clip]?
        [Is it|Is that] [one thing or two|a single object or more|only one object or a pair]?
        [Could|Can|Would] you count [the objects|the things|them][| for me]?
        [Say|Tell me|State] how many [objects|things|items] [there are|you see|are shown|the clip has].
        [Please count|Count up|I'd like you to count] [the objects|the things|everything you see].
        [What's the number of|Give me the number of|Tell me the number of] [objects|things|items][| in the clip].
        [One object or more|One or two|One or several|One thing or two things]?
        How many [of them|objects in total|things altogether] [are there|do you see|can be seen]?
        [Is there|Is that] [just one|only one|a single] [object|thing|item][| in the clip| in the video]?
        [Are there|Do you see] [any other objects|other things|more things] [too|as well|besides the first]?
        How many does the [clip|video] [contain|feature|hold|have]?
        [In total|Altogether|All in all], how many [objects|things] [are there|did you see]?
        ! How many different [objects|things] does the [clip|video] show?
        ! Do you see one thing or several?
    """),
    "describe": lines("""
        Describe [the|this] [clip|video].
        Please describe [the|this] [clip|video].
        What happens in [the|this] [clip|video]?
        What happens here?
        What is happening [here|in the clip|in the video]?
        Can you describe [the|this] [clip|video][| for me]?
        Tell me [about the clip|about the video|what happens].
        Describe what you see.
        Tell me everything you see.
        [Summarise|Summarize] the [clip|video].
        Give me a description of [the|this] [clip|video].
        Write a caption for [the|this] [clip|video].
        Caption this.
        Describe [it|the clip] in one sentence.
        What's going on [here|in this clip|in the video]?
        [Caption|Description|Summary|Full description|Short summary|A caption, please|Describe]?
        [Say|Tell us|Explain|Report|Spell out] [what happens|what goes on|what you can see|what is going on|what the clip depicts].
        [Put|Sum up] [what you see|what happens|what is going on] [in words|in a sentence|in one line].
        [Could|Can|Would] you [sum it up|describe it|describe what happens|explain the clip|tell me what goes on|give me a summary]?
        [Walk|Talk|Take] me through [the clip|the video|what happens|what you see|it].
        What [takes place|occurs|goes on|is going on|can be seen happening] [here|in this clip|in the video|throughout|on screen]?
        [What's happening|What is going on|What happens] [in this video|over the course of the clip|from beginning to end|during the clip|on the screen]?
        [I'd like|I need|I want|Please write|Please give me] [a caption|a short description|a summary|a sentence] [for|of|about] [this clip|the video|it|the animation].
        [Give|Write|Make|Provide] [a|me a] [summary|short description|caption|report|brief account][| of it| of the clip| of what you see].
        [Explain|Outline|Recount|Narrate|Retell] [the clip|this video|what you see|what happens].
        [Describe|Sum up|Explain] [everything|the whole thing|all of it|the whole clip|the scene|the whole video].
        [Tell|Show] me [in words|in your own words|in a sentence|briefly] what [happens|you see|goes on|the clip shows].
        [In a few words|In one sentence|In short|Briefly], what [happens|goes on|is the clip about|do you see happening]?
        What is the [clip|video|animation] about?
        [Object, motion and background|What, how and on what background|Who does what on which background], please.
        [What is to be seen|All you can see|Everything you can see|The whole story], please.
        I can't [open|play|watch|see] the [clip|video]. [Describe it to me|Tell me what happens|What goes on in it]?
        [Imagine I am blind|For a friend who can't see it|For those who can't watch]: what [happens|goes on] in the [clip|video]?
        [Tell me more|Tell me all|Say everything|Tell me everything] about [the clip|this video|what you see].
        [How would you|How could one|How can you] [describe|sum up|caption|summarise] [this|the clip|the video]?
        [Please sum up|Please explain|Please summarise|Please outline] [this|the clip|the video|what happens].
        [A full|A complete|A short|A quick] [description|summary|account], please.
        [So|OK,|Right,|Now] [what happens|what's going on|describe it|tell me what happens].
        [And what|What all|What exactly] [happens|takes place|goes on|is happening] [here|there|in it]?
        Look at [this|the clip] and [describe it|tell me what happens|say what you see going on].
        [Watch|Have a look at] [this|the clip|the video] and [sum it up|tell me what goes on|describe it for me].
        ! Put [the|this] [clip|video] into words.
        ! Could you say what takes place in [the|this] [clip|video]?
        ! Explain what is to be seen in the [clip|video].
        ! I'd like a full description of [the|this] [clip|video].
    """),
    "is_object": lines("""
        Is [it|this|that] {a_object}?
        Is [that|this] really {a_object}?
        Is there {a_object} in the [clip|video]?
        Do you see {a_object}[| in the clip| in the video]?
        Does the [clip|video] show {a_object}?
        I think it's {a_object}. [Am I right|Is that right]?
        Looks like {a_object}, right?
        That's {a_object}, isn't it?
        [Might|Can|May] [it|this|that] be {a_object}?
        [Is|Isn't] [that|this|it] {a_object}, [perhaps|maybe|or not|by any chance]?
        [This|That|It] is {a_object}, [right|correct|no|is it not|isn't it]?
        [Would|Do] you [call|think|say] [it|this|that] is {a_object}?
        [I guess|I'd say|I believe|I suppose|My guess is|I bet] [it's|that's|this is] {a_object}. [Correct|Right|True|Yes or no]?
        {a_object}, [right|correct|yes or no|or not|is it]?
        [Does|Did] {a_object} [appear|show up|occur|turn up] in the [clip|video]?
        [Does|Would] the [clip|video] [contain|feature|depict|have] {a_object}?
        [Are we|Am I] looking at {a_object}[| here]?
        [Can|Could] you see {a_object}[| there| in it]?
        [Is|Isn't] {a_object} [in there|shown|shown here|on screen|in the clip]?
        [Tell me|Say]: is [it|this|that] {a_object}?
        My [friend|sister|brother|son] says [it's|this is] {a_object}. [True|Is that so|Is that right]?
        [Have I|Did I] [just seen|just see|see] {a_object}?
        ! Could [it|this] be {a_object}?
        ! Would you say that's {a_object}?
        ! Can {a_object} be seen in the [clip|video]?
    """),
    "is_motion": lines("""
        Does [it|the {object}] {motion_base}?
        Is [it|the {object}] {motion_ing}?
        I think it {motion_finite}. [Is that right|Am I right]?
        [It|The {object}] {motion_finite}, [right|doesn't it|correct|yes or no|am I right]?
        [I'd say|I guess|It seems|I believe|To me it looks like] [it|the {object}] {motion_finite}. [Correct|Right|True|Agreed]?
        [Do you think|Do you agree] that [it|the {object}] {motion_finite}?
        [It's|The {object} is] {motion_ing}, [right|isn't it|correct|yes or no]?
        [Is|Isn't] [it|the {object}|the thing] {motion_ing}[| here| there| in the clip]?
        [Does|Did] [it|the {object}|the thing] {motion_base}[| here| in the clip| throughout]?
        [Can|Could] you [see|tell|confirm] [whether|if] [it|the {object}] {motion_finite}?
        [Do I|Can I|Do we] see [it|the {object}] {motion_base}?
        [Am I right that|Is it so that|Is it correct that] [it|the {object}] {motion_finite}?
        My [friend|sister|son] says [it|the {object}] {motion_finite}. [True|Is that so]?
        {motion_ing}, [right|is that it|yes or no|or not]?
        ! Would you say that [it|the {object}] {motion_finite}?
        ! Is it true that [it|the {object}] {motion_finite}?
    """),
    "is_moving": lines("""
        Does [it|the {object}] move[| at all]?
        Is [it|the {object}] moving?
        Is anything moving[| in the clip]?
        Does [it|the {object}] stay [still|in place]?
        [Is|Isn't] [it|the {object}|anything] [in motion|on the move|going anywhere|moving around]?
        Does [it|the {object}] [go|get|travel] anywhere?
        [Does|Will] [it|the {object}] [stand still|stay put|stay where it is|rest|keep still|stay in one place]?
        [Is|Isn't] [it|the {object}] [still|standing still|staying put|motionless|at a standstill|resting]?
        [Do you see|Can you see|Can one see] [any movement|any motion|something moving|anything moving]?
        [Moving or not|Moving|Any motion|Any movement|Does it move or not]?
        [Tell me|Say] [if|whether] [it|the {object}] [moves|is moving].
        [It|The {object}] [stays still|stands still|stays where it is], [right|doesn't it]?
        [It|The {object}] [moves|is moving], [right|correct|am I right]?
        ! Is there any [movement|motion] at all?
        ! Does the {object} remain where it is?
    """),
    "is_background": lines("""
        Is the background {color}?
        Is that a {color} background?
        Is it on {color}?
        Does the [clip|video] have a {color} background?
        [Is|Isn't] [the backdrop|the color behind it|the shade behind it|everything behind it] {color}?
        [Is it|Does it happen|Is this] [on|against|over|in front of] [{color}|plain {color}|a {color} backdrop]?
        [The background|The backdrop|It] is {color}, [right|isn't it|correct|yes or no|am I right]?
        [I think|I'd say|I believe|I guess] the [background|backdrop] is {color}. [Am I right|Correct|True|Right]?
        [Do you see|Does it have|Is there|Can you see] a {color} [background|backdrop]?
        {color} [background|backdrop], [right|yes or no|or not|correct]?
        [Is there|Do you see] {color} behind it?
        [Can you confirm|Do you agree|Is it right] that the [background|backdrop] is {color}?
        [Did they use|Was] [{color}|plain {color}] [for|used for] the background?
        [The color|The shade] behind it is {color}, [right|isn't it]?
        ! Would you call the background {color}?
        ! Is {color} the color of the background?
    """),
    "unanswerable": lines("""
        What sound does it make in the [clip|video]?
        Is there any [music|sound][| in the clip]?
        Where was [this|the clip|the video] [filmed|made|recorded]?
        Who made [this|the clip|the video]?
        When was [this|the clip|the video] made?
        How long is the [clip|video]?
        How many [seconds|frames] does the [clip|video] have?
        What is [its|the {object}'s] name?
        How old is [it|the {object}]?
        Why is the {object} there?
        What is the {object} thinking?
        Who owns the {object}?
        What happens after the [clip|video] ends?
        How much does the {object} weigh?
        What [noise|music|sound] [is there|can be heard|do you hear] in the [clip|video]?
        [Who|Which person] [filmed|recorded|owns|uploaded|drew] [this|the clip|the video]?
        [On which day|In which year|In what month] was [this|the clip] made?
        [Where|In which place] [is|does] [this|it] [taking place in the world|happen in the world]?
        What is the [{object}] [called by its owner|saying|planning|dreaming of|looking for]?
        Is the {object} [happy|sad|hungry|tired|male or female|expensive|heavy]?
        How [fast|heavy|tall|expensive|far away] is the {object}[| exactly| in reality]?
        How much [did|does] the {object} cost?
        [What|Which] camera [was used|took this|filmed this]?
        What [will happen|comes|happens] [once the clip is over|later on, after the clip|before the clip begins]?
        [Is it|Was it] [warm|cold|summer|winter|raining] [there|in the clip]?
        [How many minutes|How much time] does the [clip|video] [last|take]?
        What is the [file size|resolution|frame rate|title] of the [clip|video]?
        Who [is the owner of|takes care of|paid for] the {object}?
        What does the {object} [smell|taste|feel] like?
        ! What does the {object} sound like here?
        ! In which [country|city] was this filmed?
        ! What is the {object} feeling?
        ! At what time of day does this happen?
    """),
    "own_color": lines("""
        What color is the {object}[| itself]?
        Which color [does the {object} have|is the {object}]?
        What color [has|is] [the {object} itself|the {object} painted|the {object} on its own]?
        [And the {object} itself|The {object} itself]: [which color|what color]?
        I [mean|meant] the {object}, not the background. What color is it?
        [Say|Name|State] the color [the {object} has|that the {object} itself has].
        In which color is the {object} [painted|itself|drawn]?
        Is the {object} itself [red|brown|green|gray|colorful]?
        ! Tell me the color of the {object}.
    """),
    # -- follow-ups --------------------------------------------------------------------------------------------------
    "and_motion": lines("""
        And how does it move?
        And [which way|where] does it go?
        And what does it do?
        How does it move?
        OK, and the [motion|movement]?
        [And|OK, and|So] [how|which way] [is it moving|does it move|is it going]?
        [And|Then] what [is it doing|happens to it]?
        [And|OK, and|What about|Now] the [direction|motion|movement][|, please]?
        [And|So] where [is it going|does it go|is it heading|is it off to]?
        [Tell me|Say] [also|too] how it moves.
        [How|And in which direction] [is it moving|does it go]?
        [And|But] does it [move|go anywhere], and [how|where]?
        [What|And what] about [the direction|how it moves|its direction|the way it moves]?
        ! And its [motion|movement]?
    """),
    "and_background": lines("""
        And the background?
        And what color is the background?
        And which color is behind it?
        What about the background?
        [And|OK, and|So] [what|which] color is [behind it|the backdrop|in the back|it on]?
        [And|Now|OK, now|What about] the [backdrop|background color|color of the background|color behind][|, please]?
        [And|So] what [is behind it|is the backdrop like|about the backdrop|is in the background]?
        [And it is|It is|And that is] on [which|what] [color|background]?
        [Tell me|Say] [also|too] [what color is behind it|the background color|the color of the backdrop].
        [How|And how] about the [background|backdrop|color behind it]?
        [And in front of|And against|And on] [what|which] [backdrop|background] [is it|does it appear]?
        ! And the color behind it?
    """),
    "and_object": lines("""
        And what [is|was] it[| exactly]?
        And what is the object?
        What is it that [you see|we see]?
        [And|OK, and|So] what [is this|is that|do we see|is the thing]?
        [Say|Tell me] [again|once more] what [it is|the object is].
        [And|Now|What about] [the thing|the object|the name of the object|the name of it]?
        [And which|Which] [object|thing] [is it|was it|do you see]?
        [So|And] it is [what|what exactly]?
        [Remind me|Sorry]: what [is it|was it|is the object]?
        [But what|And what] [does the clip show|is shown|is in the clip|can you see]?
        ! And the object itself?
    """),
    "are_you_sure": lines("""
        Are you sure?
        Really?
        Are you certain?
        Is that really right?
        [Are|Can] you [quite sure|really sure|absolutely sure|be sure|be certain][| of that| about this]?
        [Is that|Is it] [so|true|right|correct|really so]?
        [Sure|Certain|For real|Seriously|Honestly|No doubt]?
        [I doubt it|I don't think so|I am not so sure|I don't believe that]. [Are you sure|Look again|Really]?
        [Check|Look] again[|, please].
        [Couldn't it|Might it not|Can't it] be something else?
        How [sure|certain] are you?
        [You must be|Aren't you] [wrong|mistaken]?
        ! You are sure about that?
    """),
    # -- two objects, one after the other ----------------------------------------------------------------------------
    "order": lines("""
        What comes first and what [comes|follows] [then|next|after that]?
        In [which|what] order do [they|the objects|the things] appear?
        What do you see first, and what after that?
        Which [object|thing] is first and which is second?
        Name [the objects|the things|both objects] in order.
        What appears first, and what appears then?
        What is shown, and in which order?
        Which two things appear one after the other?
        List what you see in order.
        [Order|Sequence|Order of appearance|The order, please|In what order]?
        [Say|Tell us|Explain|Spell out|State] [the order|which comes first and which second|in which order they come].
        [Could|Can|Would] you [tell me|give me|say|name] [the order|the two objects in order|what comes first and what second]?
        [What is|What's] [first and what is second|first and what is last|at the beginning and what is at the end|in the first half and what in the second]?
        [What|Which object] [opens|starts|begins] [the clip|the video|it] and what [closes|ends|finishes] it?
        [Which|What] [object|thing] [comes|is shown|appears] at the [start|beginning] and which at the [end|close]?
        [What|Which thing] do [you|we] see [at the start|first|to begin with] and [at the end|last|later]?
        [Name|List|Give me|Tell me|Write down] [them|the two|both things|the two objects] in [order|the right order|order of appearance|sequence].
        [How|In which sequence|In what sequence] do [they|the objects|the two things] [come|follow|appear|show up]?
        [What|Which] [follows|comes after] what?
        [Who|Which one] comes first, and [who|which one] [comes second|comes last|follows]?
        [Two objects|Two things] [appear|come up|take turns]. [In which order|Which is first|What are they, in order]?
        [Put|List|Sort] the [objects|things] in [the order they appear|order of time|the right order].
        [Tell me|Say] what [you see first and then second|appears first and what appears later|starts the clip and what ends it].
        [First what|What first], and [then what|after that what|what then]?
        [What|Which object] [turns into|gives way to|is replaced by|is followed by] [what|which]?
        [From beginning to end|From start to finish], [what|which things] [appears|do we see|do you see]?
        [Which objects|What things] [occur|show up|appear|come], one after another?
        [Beginning and end|First and second|First and last]: [which objects|what do you see|name them]?
        [Please list|Please name|I'd like to know|I want to know] [the objects in order|what comes first and second|the order].
        [What|Which] is the [sequence|succession] of [objects|things|events]?
        ! What is the order of [the objects|the things]?
        ! Say what comes first and what comes last.
        ! Which object opens the clip, and which one ends it?
    """),
    "first": lines("""
        What [comes|appears|is shown] first?
        What is the first [object|thing][| in the clip]?
        What do you see [first|at the beginning|at the start]?
        [Which|What] object [comes|appears] first?
        How does the [clip|video] [begin|start]?
        What is in the first half?
        [First|The first one|First object|The beginning|At the start|Initially]?
        [Say|Tell me|Name|State] [what comes first|the first object|the first thing|what appears at the beginning].
        [Could|Can|Would] you [tell me|say|name] [what comes first|the first object|which one is first]?
        [Which|What] [one|object|thing|item] [opens|starts|begins] the [clip|video]?
        [What|Which thing] [is there|is visible|appears|shows up|can be seen] [at the beginning|at the start|to begin with|in the beginning|initially]?
        [In|During] the [first half|opening|first part|beginning], what [is shown|do you see|appears|is there]?
        [Which|What] [is|was] [the earlier one|the first of the two|the first one|the one at the start]?
        [What|Which object] do we [see|get|meet] first?
        How does it [start|begin|open|start off]?
        What [object|thing] [is|was] [shown|seen] first?
        [Who|Which one] [comes|is|appears] first?
        [What|Which thing] [came|was] before the {second}?
        [Before|Prior to] the {second}, what [did you see|do you see|was shown|appears]?
        [What|Which object] [precedes|comes ahead of|comes before] the {second}?
        [The|My] [clip|video] [starts|opens|begins]: what [is it|do you see|is there]?
        [The opening|The start|The beginning] of the clip: what [is shown|do you see]?
        [Only|Just] the first [one|object|thing], please: what is it?
        [Never mind the rest|Leave the second aside]: what [comes|is] first?
        ! What does the [clip|video] [begin|start|open] with?
        ! What was there before the {second}?
    """),
    "second": lines("""
        What [comes|appears|is shown] [second|last|next|after that|then]?
        What is the [second|last] [object|thing][| in the clip]?
        What do you see [at the end|after that|then|last]?
        [Which|What] object [comes|appears] [second|last]?
        What [comes|follows] after the {first}?
        How does the [clip|video] end?
        What is in the second half?
        [Second|The second one|Second object|The last one|The end|At the end|Finally|Afterwards]?
        [Say|Tell me|Name|State] [what comes second|the second object|the last thing|what appears at the end].
        [Could|Can|Would] you [tell me|say|name] [what comes second|the second object|which one is last|the last object]?
        [Which|What] [one|object|thing|item] [ends|closes|finishes] the [clip|video]?
        [What|Which thing] [is there|is visible|appears|shows up|can be seen] [at the end|at the close|in the end|finally|later|afterwards]?
        [In|During] the [second half|ending|last part|second part], what [is shown|do you see|appears|is there]?
        [Which|What] [is|was] [the later one|the second of the two|the second one|the one at the end]?
        [What|Which object] do we [see|get|meet] [last|second|in the end]?
        How does it [end|finish|close|stop]?
        What [object|thing] [is|was] [shown|seen] [last|second|later]?
        [Who|Which one] [comes|is|appears] [second|last|later]?
        [What|Which thing] [came|comes|was|is shown] after the {first}?
        [After|Following] the {first}, what [did you see|do you see|was shown|appears]?
        [What|Which object] [replaces|succeeds|comes behind|follows] the {first}?
        [And|OK, and] [what|which object] [comes then|is next|follows]?
        [The ending|The end|The close] of the clip: what [is shown|do you see]?
        [Only|Just] the [second|last] [one|object|thing], please: what is it?
        [What|Which object] does the {first} [give way to|make room for]?
        [The {first} goes|The {first} disappears|The {first} leaves]. What [comes next|comes then|follows]?
        ! What does the [clip|video] [end|close] with?
        ! What takes the place of the {first}?
    """),
    "motion_of_first": lines("""
        How does the [first one|first object|{first}] move?
        What does the [first one|first object|{first}] do?
        Which way does the [first one|{first}] go?
        [How|Which way|Where] does the [object|thing|one] [at the start|in the first half] [move|go]?
        [What is|What's] the [first one|first object|{first}] doing?
        [Where|Which way] is the [first one|first object|{first}] [going|heading|moving]?
        [How|In which direction] is the [first one|first thing|{first}] moving?
        [Motion|Movement|Direction] of the first [one|object|thing]?
        [Tell me|Say|Explain|Describe] how the [first one|first object|{first}] moves.
        [Could|Can] you [say|tell me|explain] how the [first one|{first}] moves?
        [What|And what] does the [earlier one|opening object|first thing|{first} at the start] do?
        [How|And how] does the [first|earlier] of the two move?
        What happens to the [first one|first object|{first}]?
        ! And how does the thing at the beginning move?
        ! Describe the motion of the {first}.
    """),
    "motion_of_second": lines("""
        How does the [second one|second object|{second}] move?
        What does the [second one|second object|{second}] do?
        Which way does the [second one|{second}] go?
        [How|Which way|Where] does the [object|thing|one] [in the second half|that comes last] [move|go]?
        [What is|What's] the [second one|second object|last one|{second}] doing?
        [Where|Which way] is the [second one|last object|{second}] [going|heading|moving]?
        [How|In which direction] is the [second one|last one|{second}] moving?
        [Motion|Movement|Direction] of the [second|last] [one|object|thing]?
        [Tell me|Say|Explain|Describe] how the [second one|last object|{second}] moves.
        [Could|Can] you [say|tell me|explain] how the [second one|{second}] moves?
        [What|And what] does the [later one|last object|second thing|{second} at the end] do?
        [How|And how] does the [second|later] of the two move?
        What happens to the [second one|last object|{second}]?
        ! And how does the thing at the end move?
        ! Describe the motion of the {second}.
    """),
    "is_order": lines("""
        Does the {a} come before the {b}?
        Is the {a} shown before the {b}?
        Does the {a} come first?
        Is the {a} the first one?
        [Is|Was] the {a} [earlier than|ahead of|before] the {b}?
        [Does|Did] the {a} [appear|come|show up] [earlier than|before|ahead of] the {b}?
        [Do|Did] [you|I] see the {a} [first|before the {b}|earlier than the {b}]?
        [Does|Would] the [clip|video] [start|begin|open] with the {a}?
        [First|At first] the {a}, then the {b}: [right|correct|is that right|true]?
        [The {a} comes|The {a} is|The {a} appears] [first|before the {b}], [right|correct|doesn't it|yes or no]?
        [Is|Was] the {a} at the [start|beginning]?
        [I think|I'd say|I believe] the {a} [comes first|comes before the {b}]. [Right|Am I right|Correct]?
        [Does|Did] the {b} [follow|come after|appear after] the {a}?
        [Is|Was] the {b} [second|last|the last one|the second one]?
        ! Do we see the {a} before the {b}?
    """),
    # -- two objects side by side ------------------------------------------------------------------------------------
    "side_by_side": lines("""
        What [is|do you see] on the left and on the right?
        Which two [objects|things] [do you see|are there|are shown]?
        What are the two [objects|things]?
        Name both [objects|things].
        What is on each side?
        Which [objects|things] are side by side?
        What [is|do you see] on the two sides of the [clip|video]?
        Who stands on the left and who on the right?
        [Both objects|The two objects|Left and right|Who is where|What is where|On each side]?
        [Say|Tell us|State|Explain|Spell out] [what is on each side|what stands on the left and what on the right|where each thing is].
        [Could|Can|Would] you [name|tell me|list] [both objects|the two things|what is on the left and on the right]?
        [What|Which object] [is|stands|appears|sits] [left|on the left|on the left side] and [what|which] [right|on the right|on the right side]?
        [What|Which things] [are|appear|stand] [next to each other|side by side|beside each other|together][| in the clip| here]?
        [What|Which] two [objects|things] [share the clip|are there|appear together|are in the picture|does the clip have]?
        [What|Which] [are|were] the [two|pair of things|two items|two figures] [here|in the clip|that you see|you can see]?
        [Name|List|Give me|Tell me] [them both|the two|the two objects|the pair|both, from left to right].
        [Who|Which one] is [left and who is right|on the left, who on the right]?
        [Left side, right side|Left, right|On the left, on the right]: what [is there|do you see]?
        [Where|On which side] is [what|which object]?
        [What|Who] [do you see|is] [beside|next to|alongside] [what|whom]?
        [Please name|Please list|I'd like to know|I want to know] [both objects|the two things|what is on the two sides].
        [There are two things|I see two things|Two things are shown]. [What are they|Name them|Which ones]?
        [Look at both sides|Look left and right]. What do you see?
        [What|Which] [couple|pair] of [objects|things] [is this|do you see|is that]?
        [Both sides|The two sides], please: what is [there|on them]?
        [From left to right|Going from left to right], what [are the objects|do you see|is there]?
        ! Tell me what is left and what is right.
        ! Which pair of [objects|things] does the [clip|video] show?
        ! What stands next to what?
    """),
    "left": lines("""
        What [is|do you see|appears] on the left[| side]?
        Which [object|thing] is on the left?
        What is [left of|to the left of|beside|next to] the {right}?
        Name the [left object|object on the left].
        [Left|Left side|The left one|On the left|Left object]?
        [Say|Tell me|Name|State] [what is on the left|the thing on the left|what stands on the left|what the left one is].
        [Could|Can|Would] you [tell me|say|name] [what is on the left|the left one|the thing on the left]?
        [What|Who|Which thing] [stands|sits|is shown|is there|is to be seen] on the left[| side| hand side]?
        [What|Which] is the [left|left-hand|leftmost] [one|object|thing|item]?
        [What|Which object] [do you see|do we see|can you see|is] [on the left hand side|over on the left|in the left half|to the left]?
        [Look left|Look to the left|Left half]: what [is there|do you see]?
        [Which|What] [item|one|thing|object] is [left|to the left|leftmost]?
        [And|OK, and] [on the left|left|the left side]: what [is it|is there|do you see]?
        [Never mind the right|Only the left one|Just the left side]: what is it?
        What [accompanies|is at the side of|has a place beside] the {right}?
        What is on the [other side of|side opposite] the {right}?
        ! What can be seen at the left?
        ! Which one is the left one?
    """),
    "right": lines("""
        What [is|do you see|appears] on the right[| side]?
        Which [object|thing] is on the right?
        What is [right of|to the right of|beside|next to] the {left}?
        Name the [right object|object on the right].
        [Right side|The right one|On the right|Right object|Right hand side]?
        [Say|Tell me|Name|State] [what is on the right|the thing on the right|what stands on the right|what the right one is].
        [Could|Can|Would] you [tell me|say|name] [what is on the right|the right one|the thing on the right]?
        [What|Who|Which thing] [stands|sits|is shown|is there|is to be seen] on the right[| side| hand side]?
        [What|Which] is the [right|right-hand|rightmost] [one|object|thing|item]?
        [What|Which object] [do you see|do we see|can you see|is] [on the right hand side|over on the right|in the right half|to the right]?
        [Look right|Look to the right|Right half]: what [is there|do you see]?
        [Which|What] [item|one|thing|object] is [to the right|rightmost|over on the right]?
        [And|OK, and] [on the right|the right side]: what [is it|is there|do you see]?
        [Never mind the left|Only the right one|Just the right side]: what is it?
        What [accompanies|is at the side of|has a place beside] the {left}?
        What is on the [other side of|side opposite] the {left}?
        ! What can be seen at the right?
        ! Which one is the right one?
    """),
    "which_side": lines("""
        Is the {object} on the left or on the right?
        On which side is the {object}?
        Where is the {object}?
        [Where|On what side] [do you see|can I find|do I find|stands|is] the {object}?
        [Left or right|On the left or right|Which half]: where is the {object}?
        The {object}: [left or right|which side|where is it|on which side]?
        Is the {object} [left or right|the left one or the right one|on the left side or the right side]?
        [Tell me|Say|State] [where the {object} is|which side has the {object}|on what side you see the {object}].
        [Could|Can] you [tell me|say] where the {object} [is|stands]?
        [In which half|At which side|To which side] is the {object}?
        Which [side|half] [has|shows|contains] the {object}?
        The {object} is on [which|what] side?
        ! Which side is the {object} on?
    """),
    "motion_of_pair": lines("""
        How do they move?
        What do they do?
        Do they move, and how?
        How do the [two|objects|things] move?
        Which way do they go?
        What are [the two|they] doing?
        [Motion|Movement|Direction|Do they move|And how do they move]?
        [How|In which direction|Which way] are [they|both|the two|the two things] [moving|going]?
        [Where|Which way] do [both|the two|the objects|the things] [go|head|move]?
        [What's|What is] happening to [them|both|the two|the objects]?
        [What|And what] do [both|the two objects|both things] do[| here| in the clip]?
        [Say|Tell me|Explain] how [they|both objects|the two] move.
        [Could|Can] you [say|tell me|explain] how [they|both|the two] move?
        Are [they|both|the two] [moving or still|going up, going down or standing still|rising or falling]?
        [Where|In which direction] are they [heading|going|drifting|off to]?
        [What sort of|What kind of|Which] [motion|movement] do [they|both] make?
        [How|In what way] do [both things|the pair|the two of them] move?
        ! Describe their [motion|movement].
        ! How do both of them move?
    """),
    # -- two clips ---------------------------------------------------------------------------------------------------
    "earlier_object": lines("""
        What was in the {nth} [clip|video]?
        What did the {nth} [clip|video] show?
        What did you see in the {nth} [clip|video]?
        And in the {nth} [clip|video], what was [that|there]?
        [What|Which object] was [shown|seen|visible] in the {nth} [clip|video]?
        [What|Which thing] did the {nth} [clip|video] [contain|depict|feature|have in it]?
        The {nth} [clip|video|one]: what [was it|did it show|was in it]?
        [Tell me|Say|Name] [again|once more] what [was in|you saw in] the {nth} [clip|video].
        [Go back to|Think of|Back to] the {nth} [clip|video]. What [was it|did it show|was in it]?
        [What|Which object] [appeared|came up|could be seen] in the {nth} [clip|video]?
        [Can|Do] you [tell me|remember|recall] what the {nth} [clip|video] [showed|had in it]?
        What [object|thing] was it in the {nth} [one|clip]?
        ! Remind me what the {nth} [clip|video] was about.
    """),
    "earlier_background": lines("""
        What color was the background [of|in] the {nth} [clip|video]?
        Which background color did the {nth} [clip|video] have?
        [What|Which] [color|shade] was [behind it|the backdrop] in the {nth} [clip|video]?
        The {nth} [clip|video|one]: [what was the background color|which color was behind it|what color was the background]?
        [Tell me|Say|Name] the background color of the {nth} [clip|video].
        [Do you|Can you] [remember|recall|tell me] the [background|background color|backdrop] of the {nth} [clip|video]?
        On [what|which] color was the {nth} [clip|video]?
        [Background|Backdrop|Background color] of the {nth} [clip|video|one]?
        ! And what was the background of the {nth} [clip|video]?
    """),
    "earlier_motion": lines("""
        How did the {object} in the {nth} [clip|video] move?
        How did the {object} move?
        What did the {object} do?
        [Which way|Where] did the {object} [go|move|head]?
        [Tell me|Say] [again|once more] how the {object} moved.
        [Do you|Can you] [remember|recall|tell me] how the {object} moved?
        The {object} in the {nth} [clip|video]: how did it move?
        [What|And what] did the {object} in the {nth} [clip|video] do?
        [How|In which direction] was the {object} moving?
        What happened to the {object}[| in the {nth} clip]?
        ! What was the {object} in the {nth} [clip|video] doing?
    """),
    "same_background": lines("""
        Do both [clips|videos] have the same background[| color]?
        Is the background the same as before?
        Are the two backgrounds [equal|the same]?
        [Is|Was] the [background|backdrop|color behind it] [the same|equal] in both [clips|videos]?
        [Same|The same] [background|backdrop|background color] [in both|both times|as before|twice]?
        [Did|Do] [the backgrounds|the backdrops|the background colors] [match|agree|differ not]?
        [Do|Did] the two [clips|videos] [share|have] [one|the same] [background|backdrop]?
        [Is|Was] it on the same [color|backdrop] [both times|as the first one|as before]?
        ! Is the background color of both [clips|videos] identical?
    """),
    "same_object": lines("""
        Is [it|this] the same object as before?
        Is [it|this] the same thing as in the first [clip|video]?
        Do both [clips|videos] show the same object?
        [Is|Was] the [object|thing] [the same|equal] in both [clips|videos]?
        [Same|The same] [object|thing] [in both|both times|as before|again]?
        [Did|Do] the two [clips|videos] [show|share|have|feature] [one and the same thing|the same thing]?
        [Do|Did] we see the same [object|thing] [twice|again|both times]?
        [Is|Was] it [the same one|the same thing] [both times|again|as before|as in the other clip]?
        ! Are the objects of the two [clips|videos] identical?
    """),
    "which_background": lines("""
        Which [clip|video] [has|had] the {color} background?
        Was the background {color} in the first or in the second [clip|video]?
        Which of the two [clips|videos] [is|was] on {color}?
        [Was it|Is it] the first or the second [clip|video] that [has|had] [{color} behind it|the {color} backdrop]?
        [First or second|One or two]: which [clip|video] [was|is] {color}?
        [Tell me|Say] which [clip|video] [was on {color}|had the {color} background].
        Which [of them|one|of the clips] [was|is] [{color}|the {color} one|on {color}]?
        Where did you see the {color} [background|backdrop]: in the first or in the second clip?
        ! In which of the [clips|videos] was the background {color}?
    """),
    "which_clip": lines("""
        Which [clip|video] [shows|showed] the {object}?
        Which of the two [clips|videos] [shows|has] the {object}?
        Was the {object} in the first or in the second [clip|video]?
        [Was it|Is it] the first or the second [clip|video] that [has|had|shows] the {object}?
        [First or second|One or two]: which [clip|video] [had|showed] the {object}?
        [Tell me|Say] which [clip|video] [showed|had|contained] the {object}.
        Which [of them|one|of the clips] [was|is] [the one with|about] the {object}?
        Where did you see the {object}: in the first or in the second clip?
        ! In which of the [clips|videos] did you see the {object}?
    """),
    "compare": lines("""
        Compare the two [clips|videos].
        What is the difference between the two [clips|videos]?
        How do the two [clips|videos] differ?
        What was in the two [clips|videos]?
        [What|How] [is|are] [different|the two clips different|the clips different]?
        [Tell me|Say|Explain|Describe] [how the two clips differ|the difference|what is different between the clips].
        [Could|Can] you compare [them|the clips|both clips|the two videos]?
        [Compare|Contrast] [them|both|both clips|the first clip with the second].
        [Describe|Sum up|Summarise] [both|both clips|the two videos].
        [What|Which differences] [do you see between them|are there between the clips|sets them apart]?
        [Both clips|The two clips], please: what [did they show|was in them]?
        ! Set the two [clips|videos] side by side: what do they show?
    """),
    "next_clip": lines("""
        And [this one|here|now]? {question}
        Here is another [clip|video]. {question}
        Now look at this [one|clip]. {question}
        {question}
        {question}
        [Next|Next one|Next clip|Another one|And another|Here's one more]: {question}
        [Now|OK, now|And now|Then] [a second clip|the next one|a new clip|another video]. {question}
        [Look|Watch|See|Try] this [one|clip|video]. {question}
        I have [another|one more|a second] [one|clip]. {question}
        {question}
        {question}
        ! One more [clip|video] for you. {question}
    """),
}
