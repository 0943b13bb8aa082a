# Copyright 2026 The GPT4Video contributors. Licensed under the Apache License, Version 2.0.
"""The user's wordings of requests to draw, in the notation of `notation.py`."""

from .notation import lines


REQUESTS: dict[str, tuple[str, ...]] = {
    # -- requests to draw --------------------------------------------------------------------------------------------
    "draw_one": lines("""
        [Draw|Paint|Animate|Show me|Make|Create|Generate] {what}.
        [Draw|Paint|Animate|Show me|Make|Create|Generate] {what}, please.
        [Please|Now|Now please] [draw|paint|animate|make|create|generate] {what}.
        [Can|Could] you [draw|paint|show me|make|create|generate] {what}?
        [Draw|Make|Create|Generate|Show me|Give me|Produce] a [clip|video|short clip|short video] [of|with] {what}.
        [Can|Could] you [make|create|generate] a [clip|video|little video] [of|with] {what}?
        [I'd like|I would like|I want] [to see|a clip of|a video of|you to draw] {what}.
        Please make a [clip|video] of {what}.
        A [clip|video] of {what}, please.
        [Let me see|Let's see] {what}.
        [Produce|Render|Design|Sketch|Film|Compose|Paint|Draw|Animate|Visualise] {what}.
        [please|pls|kindly] [produce|render|design|sketch|show|draw|paint|create|make] {what}
        [Produce|Render|Design|Create|Compose|Prepare|Put together] [a clip|a video|an animation|a short film|a little clip|a scene] [of|showing|featuring|depicting|that shows] {what}.
        [Please|Now|Now please|Then] [render|produce|prepare|create|make|generate] [a clip|a video|an animation|a new clip] [of|showing|with] {what}.
        [Can|Could|Would|Will] you [produce|render|design|sketch|animate|film|compose] {what}[| for me| please]?
        [Can|Could|Will] you [make|show|draw|create|produce|give] me [a clip|a video|an animation] [of|with|showing] {what}[|, please]?
        [Could|Can] you [please|kindly] [draw|paint|animate|generate|create] {what}?
        [Would you mind|How about you start] [drawing|painting|making|creating|animating] {what}?
        [I'd like|I would like|I want|I need] [a clip|a video|an animation|a short clip|a picture that moves] [of|with|showing] {what}[|, please].
        [I'd love|I wish|I want|I hope] to [see|have|get|watch] [a clip of|a video of|an animation of|] {what}.
        [I'd like|I want|I need] you to [make|create|generate|paint|animate|produce] {what}.
        [Let me|Let us|I want to|May I|Can I] [see|have|watch|get] [{what}|a clip of {what}|a video of {what}].
        [Clip|Video|Animation|New clip|Draw|Request]: {what}.
        {what}
        {what}, please[.|!]
        {what}. [Can you draw that|Draw that|Make that|Can you do that|Paint it]?
        [Today|This time|Next|Now|For a start], [draw|paint|show me|make] {what}.
        [Here is my wish|My wish|What I want|My idea|My next wish]: {what}.
        [Let's have|Give us|Bring me|Get me|Send me|Serve me] [{what}|a clip of {what}|a clip with {what}].
        [I'm thinking of|I imagine|Imagine|Picture|Think of] {what}. [Draw it|Draw that|Show it to me|Make a clip of it].
        [Is it possible|Are you able|Do you think you could manage] to [draw|paint|show|animate] {what}?
        [My son|My daughter|My friend|The kids] would like to see {what}[|, please].
        [Turn this into a clip|Make this a clip|Draw the following|Draw this for me]: {what}.
        [Go ahead and|Be so kind and|Come on,|Try to] [draw|paint|make|show me|create] {what}.
        [Maybe|Perhaps] you [can|could] [draw|paint|make|show me] {what}?
        [I have a favour to ask|I'd ask a favour of you|A small favour, please|One favour]: [draw|paint|make] {what}.
        [Be a dear|Be nice|Be a friend|Be quick] and [draw|paint|make|animate] {what}.
        [Do something for me|Do this for me|Help me out|Make me happy]: [draw|paint|show me] {what}.
        [Do me the kindness|Do me the honour|Do us a good turn] [and|to] [draw|paint|make] {what}.
        [Would|Could|Can|Will] you [be so kind and|please|just|quickly|now] [draw|paint|make] {what}[?| for us?]
        [You could|You may|You might|It is time to] [draw|paint|make] {what}[| for me].
        [How about|What about] {what}?
        [How about|What about] [drawing|painting|making] {what}[| for me]?
        [I could do with|I could enjoy|I'd enjoy|I fancy|I'm in the mood for] {what}.
        [I could do with|I could look at|I'd pay for] a [clip|video] [of|with] {what}.
        {what}, [in a clip|as an animation|as a drawing|as a short film|for me|if you can][|, please].
        [Surprise me with|Treat me to|Delight us with] {what}.
        ! Would you [draw|paint] {what} for me?
        ! I could use a [clip|video] of {what}.
        ! How about a [clip|video] of {what}?
        ! Do me a favour and draw {what}.
        ! {what_capital}, as a [clip|video], please.
    """),
    "draw_lookalike": lines("""
        [Shoot|Film] a [clip|video|short clip] of {what}.
        I'm [dying|dead keen] to see {what}.
        Draw {what}, just to kill time.
        Hit me with {what}!
        It would blow my mind to see {what}.
        [Take a shot at|Have a stab at] {what}.
        I'd kill for a [clip|video] of {what}.
        {what_capital}, that would be the bomb!
        [I'm bored to death|My phone died], so draw {what}.
        Draw {what}. My kids love that sort of thing to death.
        [Shoot|Fire off|Knock out] a [clip|video] of {what}, [will you|please].
        I'm [dying for|itching for|mad about] a clip of {what}.
        [Blow me away|Knock me dead|Slay me|Knock my socks off] with {what}.
        [Kill|Let's kill] [some time|an hour|the boredom]: draw {what}.
        [Shoot me|Hit me up with|Fire up] a clip of {what}.
        I'm [dead serious|deadly serious]: draw {what}.
        My [boss|teacher|mother] will kill me if I don't bring a clip of {what}.
        [Take a stab|Have a shot|Have another shot] at {what}.
        You killed it last time! Now draw {what}.
        {what_capital} would be [killer|a bombshell|a smash hit|a blast].
        I would [die|murder someone, just joking,|give an arm and a leg] for a clip of {what}.
        [Attack this|Tackle this|Crush this one]: {what}.
        ! Fire away and draw {what}!
        ! My daughter would kill me if I came home without a clip of {what}.
        ! Give me your best shot: {what}.
    """),
    "what_to_draw": lines("""
        {a_object} {motion} {on_background}
        {a_object} {motion}, {on_background}
        {a_object} {on_background} {motion}
        {a_object} {on_background}, {motion}
        {a_object} {motion} {on_background}
        {a_object} {motion} {on_background}
        {on_background}, {a_object} {motion}
        {a_object}, {motion} {on_background}
        {a_object} [which is|that is] {motion_ing}, {on_background}
        ! {a_object} {on_background} and {motion_ing}
    """),
    "on_background": lines("""
        on [a|a plain] {color} background
        on {color}
        [with|in front of|against] a {color} background
        with a background in {color}
        on a {color} background
        on a [|plain |simple |solid ]{color} [background|backdrop]
        [against|in front of|over|with] a [|plain |solid ]{color} [background|backdrop]
        against {color}
        [on|against] [plain|solid|all] {color}
        with [|a ]{color} [behind it|for a background|as the background|as a background]
        [with|having] the background [in|painted|colored] {color}
        [where|and] the background is {color}
        with {color} [in the background|at the back|in the back|all around]
        the background [being|in|all] {color}
        [on|in front of|against] a background [of|in] {color}
        [standing |set |]before [plain |a plain |]{color}
        [with|having] [only|nothing but] {color} behind it
        [on|over|before] a background [that is|which is] {color}
        over a {color} [ground|surface|screen]
        before a {color} [wall|screen|background]
        the backdrop [being|in|all] {color}
        ! before a {color} backdrop
        ! over [plain|] {color}
    """),
    "draw_background_too": lines("""
        The background should be {color}.
        Make the background {color}.
        Use a {color} background.
        Background: {color}.
        [Put|Place|Set] it [on|against|in front of] [{color}|a {color} background|a {color} backdrop].
        [I want|I'd like|Give it|Let it have] a {color} [background|backdrop].
        [The background|The backdrop|The color behind it], please, [in|should be|ought to be|has to be] {color}.
        [On|Against] {color}, please.
        [As for the background|For the background|For the backdrop], [take|use|choose|I'd like] {color}.
        [Backdrop|Background color|Color of the background|Background please]: {color}.
        [Paint|Color|Keep|Fill] the background {color}[|, please].
        It should [be on|be shown on|stand against|appear on] {color}.
        ! And please take {color} for the background.
    """),
    "draw_two": lines("""
        Draw two clips: {what} and {other}.
        [Draw|Make|Show me] {what}, and in a second [clip|video] {other}.
        I'd like two [clips|videos]: one of {what} and one of {other}.
        Please [make|draw] {what} and also {other}, each in its own [clip|video].
        First [draw|show me] {what}, then {other}.
        [Draw|Make|Create|Generate|Produce] two [clips|videos|animations]: {what}, and {other}.
        [Draw|Make|Show me] [two things|two clips], [first|one with] {what}, [then|one with] {other}.
        [One clip of|A clip of] {what} and [one of|another of|a second one of] {other}, please.
        [Can|Could] you [make|draw|create] two [clips|videos], [one of|one with] {what} and [one of|one with|another of] {other}?
        [I want|I'd like|I need] [two clips|a pair of clips|two videos]: {what} and {other}.
        [Draw|Paint|Show me] {what}. [And|Then|After that], [in another clip|in a second clip|as a second clip], {other}.
        [In the first clip|Clip one|First clip]: {what}. [In the second clip|Clip two|Second clip]: {other}.
        [Clip 1|Video 1]: {what}. [Clip 2|Video 2]: {other}.
        ! Two [clips|videos], please: {what}; {other}.
    """),
    "draw_pair": lines("""
        Draw {a_object} and {a_other} together{on_background}.
        Draw {a_object} next to {a_other}{on_background}.
        Make a [clip|video] of {a_object} and {a_other}{on_background}.
        [Can|Could] you draw {a_object} and {a_other}{on_background}?
        [Draw|Paint|Show me|Create] {a_object} [and|with|beside|together with|alongside] {a_other}{on_background}.
        [Make|Create|Generate|Produce] [a clip|a video|an animation] [of|with|showing] {a_object} [and|beside|next to] {a_other}{on_background}.
        [Can|Could] you [make|draw|show me|paint] {a_object} [beside|next to|together with] {a_other}{on_background}?
        [I'd like|I want] [to see|a clip of] {a_object} and {a_other}{on_background}[|, please].
        [Both|Draw both] {a_object} and {a_other}{on_background}, please.
        [Put|Draw] {a_object} and {a_other} [in one clip|in the same clip|side by side]{on_background}.
        ! {a_object_capital} with {a_other} in one [clip|video]{on_background}, please.
    """),
    "draw_scene": lines("""
        [Let|Make] {a_object} {motion_base} {on_background}.
        [Show me|Draw|I want to see|I'd like to see|Show] how {a_object} {motion_finite} {on_background}.
        [I want|I'd like|I would like] {a_object} to {motion_base} {on_background}.
        {on_background}, [draw|show me|paint|make a clip of] {a_object} {motion}.
        [Use|Take|Choose] a {color} background and [draw|show|animate] {a_object} {motion} [on it|there|in front of it].
        [Object|Thing]: {a_object}. Motion: {motion_ing}. Background: {color}.
        {object}, {motion_ing}, {color}
        {object}, {motion_ing}, {color} background
        {color} background, {object}, {motion_ing}
        [Draw|Paint|Show me|Make] {a_object} {on_background}. It should {motion_base}.
        [Draw|Paint|Show me|Animate] {a_object}. [It should|Let it|Make it] {motion_base}. [The background is|Make the background|Background] {color}.
        {a_object} should {motion_base} {on_background}. [Can you draw that|Draw that|Please make a clip of it].
        [I want to see|I'd like to watch|Let me see] {a_object} {motion_base} {on_background}.
        [Can|Could] you [let|make|have] {a_object} {motion_base} {on_background}?
        Make a {color} clip [in which|where] {a_object} {motion_finite}.
        [A clip|A video|Please make a clip|Draw a clip|I'd like a clip] in which {a_object} {motion_finite} {on_background}.
        A {color} [background|backdrop] and {a_object} {motion}, please.
        ! Please have {a_object} {motion_base} {on_background}.
        ! A {color} scene with {a_object} {motion}, please.
    """),
    "redraw_reverse": lines("""
        Now [the other way round|the other way around|the opposite way|in the other direction|in reverse].
        [The other way round|The opposite|In reverse|The opposite direction], please.
        [Can you|Could you] [reverse it|turn it round|do it the other way round]?
        Do it [backwards|in reverse|the other way].
        Again, but [the other way round|the other way around|reversed|in the opposite direction].
        [Now|Again, but|The same, but|And|Then] [in reverse|backwards|the other way|in the other direction|the reverse way|turned round|mirrored|flipped].
        [Reverse|Flip|Invert|Turn round|Turn around|Mirror] [it|that|the motion|the direction|the movement][|, please].
        [Please|Now|Now please|OK, now] [reverse|flip|invert|turn round|turn] [it|that|the motion|the direction].
        [Can|Could|Would] you [reverse|flip|invert|turn around|change] the [motion|direction|movement]?
        [Let|Make] it [go|move|run] [the other way|backwards|in reverse|the opposite way|in the opposite direction|back].
        [The same|Same thing|Same again|Again|Once more], [the other way|backwards|reversed|but opposite|in reverse|but backwards].
        [Change|Switch|Turn round] the direction[|, please].
        [Opposite|Reverse|Reversed|Backwards|The other way|Other direction|Opposite direction][|, please]!
        [I want|I'd like|I'd prefer] [it backwards|the opposite|it the other way round|it reversed|the other direction].
        [It should|It ought to|Can it|Could it] [go|move|run] [the other way|the opposite way|backwards|in the other direction].
        [What about|How about] [the opposite|the other direction|the other way round|the reverse]?
        [Do|Draw|Show me|Make|Play] [it|that|the same] [in the opposite direction|the other way round|in reverse|backwards|reversed].
        [Wrong way|Wrong direction]! [The other way, please|I meant the other way|Turn it round].
        [Now let it|Let it now|Let it] [come back|go back|do the opposite|do the reverse].
        [What if|Suppose] it [went|moved|ran] [the other way|backwards|in the opposite direction]?
        [Exchange|Swap|Switch] [the motion|its motion|the way it goes] for [its|the] [opposite|reverse].
        ! And now the reverse.
        ! Swap the direction.
    """),
    "redraw_background": lines("""
        [Now the same|The same] {on_background}.
        [Again|Once more|The same again], but {on_background}.
        Now {on_background}, please.
        [Make|Turn] the background {color}.
        [Change the background to|I'd rather have it on] {color}.
        [Can|Could] you [do|draw] it {on_background}[| instead]?
        [Keep everything|The same thing], but [with a {color} background|on {color}].
        [Change|Switch|Turn|Swap|Set] the [background|backdrop|color of the background|background color] to {color}[|, please].
        [Can|Could|Would] you [change|switch|set|turn] the [background|backdrop] [to|into] {color}?
        [Please|Now|Now please|OK, now] [make|turn|paint|color] the [background|backdrop] {color}.
        [The background|The backdrop|The color behind it] [should be|in|ought to be|has to be] {color}[| this time| now| instead], please.
        [With|Now with|Again with|The same with|But with] a {color} [background|backdrop][| instead| this time].
        [Put|Place|Set|Move] it [on|against|in front of|over] [{color}|a {color} background|plain {color}|a {color} backdrop].
        [I want|I'd like|I'd prefer|I would prefer|Give me] [it on {color}|a {color} background|a {color} backdrop|it against {color}|the background in {color}].
        [How about|What about] [{color}|a {color} background|a {color} backdrop] [instead|this time|for the background]?
        [Same|The same|The same thing|The same clip|Once more], [background {color}|{on_background}|but {on_background}|only {on_background}].
        [Another background|Different background|New background|Background|New backdrop]: {color}.
        [Use|Choose|Try] {color} [instead|for the background|as the background|this time|behind it].
        [Do|Draw|Show me|Paint|Make] [it|that|the same] [again |once more |]{on_background}.
        [Let|Have] the [background|backdrop] be {color}.
        [Exchange|Swap|Trade] the background [for|against] [{color}|a {color} one].
        [Now|And now|And] {on_background}[|, please].
        {color} [background|backdrop] [instead|now|this time|please]
        ! Replace the background with {color}.
        ! I want {color} behind it.
    """),
    "redraw_object": lines("""
        Now with {a_object}[| instead].
        [The same|The same again|Again, but] with {a_object}[| instead].
        [Make it|Now make it] {a_object}.
        [Replace the {old}|Replace it|Swap it] with {a_object}.
        [Can|Could] you do [that|the same] with {a_object}?
        Now {a_object} doing the same.
        [Swap|Exchange|Trade|Switch] [it|the {old}] for {a_object}[|, please].
        [Change|Turn|Switch] [it|the {old}] [to|into] {a_object}[|, please].
        [Replace|Substitute] [it|the {old}|the object] [with|by] {a_object}[|, please].
        [Can|Could|Would] you [swap|exchange|change] [it|the {old}] for {a_object}?
        [Can|Could|Would] you [draw|make|show] {a_object} [instead|instead of the {old}|in the same way]?
        [Take|Use|Choose|Draw|Show me|Give me] {a_object} [instead|instead of the {old}|in place of the {old}|this time].
        [Same|The same|The same thing|The same clip|Once more|Again], [with|but with|only with|but for] {a_object}[| instead].
        [I want|I'd like|I'd prefer|I would rather have] {a_object} [instead|there|instead of the {old}|in the same clip].
        [How about|What about] {a_object} [instead|instead of the {old}|this time|doing the same]?
        [Now|And now|OK, now|Then] [do it|draw it|the same] [with|for] {a_object}[|, please].
        [Instead of the {old}|In place of the {old}|Not the {old} but|No {old}, but], {a_object}[|, please].
        [Let|Have] {a_object} do [that|the same|the same thing].
        [It should be|Let it be|Make that|This time] {a_object}[| instead].
        [Keep|Leave] [everything else|the rest|motion and background] [and|but] [take|use|draw] {a_object}.
        [Different object|Another object|New object|Object]: {a_object}.
        {a_object} [instead|this time|now], please
        [Put|Set|Place] {a_object} [there|there instead|where the {old} is|where the {old} was|where it was].
        [Put|Set|Place] {a_object} [in the place of the {old}|in the same place|on the same background].
        [What if|And if|Suppose] it were {a_object}?
        [What about|How about] {a_object} in [its stead|the same clip|the same place]?
        {a_object} [would be better|would be nicer|is what I meant|should take its place].
        ! Put {a_object} in its place.
        ! And the same for {a_object}?
    """),
    "redraw_motion": lines("""
        [Now|Again, but|The same, but|But] {motion}.
        [Now make it|Make it|Let it] {motion_base}.
        I want it to {motion_base}.
        [Can|Could] it {motion_base} instead?
        The same {old}, but {motion}.
        [Now|And now|Next|OK, now] [let|make] it {motion_base}[|, please].
        [Can|Could|Would] you [make|let|have] it {motion_base}[| instead]?
        [I want|I'd like|I'd prefer] [it|the {old}] {motion_ing}[| instead| this time].
        [I'd like|I would like|I'd rather have|I'd prefer] it to {motion_base}.
        [Change|Switch|Set|Turn] the [motion|movement] to {motion_ing}[|, please].
        [Same|The same|The same thing|The same clip|Once more|Again], [but|only|this time] {motion_ing}.
        [How about|What about] [it|the {old}] {motion_ing}[| instead]?
        [This time|Now|Instead], [it should|let it|make it|the {old} should] {motion_base}.
        [Draw|Show me|Do|Make] [it|that|the {old}] again, [but|this time|only] {motion_ing}.
        [Let|Make|Have] the {old} {motion_base}[| instead|, please].
        [Different motion|Another motion|New motion|Motion|Movement]: {motion_ing}.
        [Keep|Leave] [everything else|the rest|the background], but [let|make] it {motion_base}.
        {motion_ing} [instead|this time|now], please
        [Should|Might] it not {motion_base}? [Try that|Draw it so].
        [What if|Suppose|Imagine] [it|the {old}] [should|would|could] {motion_base}[?|?]
        [What if|And if|Suppose] [it|the {old}] {motion_finite}?
        [What|How] would it [be|look] if it {motion_finite}?
        [What if|How about if|Suppose] you [let|make|have] it {motion_base}?
        [If only it|I wish it] would {motion_base}.
        [It|The {old}] [could|must|has to|needs to|is to] {motion_base}[| now| instead].
        ! It should {motion_base}.
        ! What if it were {motion_ing}?
    """),
    "redraw_again": lines("""
        [Again|Once more|One more time], please.
        [Draw|Show me] [it|that] again.
        [Do|Make|Show] [it|that] [again|once more|one more time][|, please].
        [Draw|Show me|Play] [the same|it|that|the same clip] [once more|again|one more time|a second time][|, please].
        [Can|Could] [you|I] [draw|do|show|see] [it|that] [again|once more|one more time]?
        [Another one|One more|The same again|Encore|Same again][|, please].
        [I want|I'd like] [to see it again|that once more|it again|the same again].
        [Again|Once more|One more time|Another time][.|!]
        ! Repeat that, please.
    """),
    "recall_drawing": lines("""
        What did you [just|] draw?
        What is in the [clip|video] you [made|drew]?
        Describe what you drew.
        What [have you|did you] [drawn|draw|make|paint|show me][| there| now]?
        [Tell me|Say|Explain|Describe|Remind me] what you [drew|made|painted|have drawn].
        What [does|did] your [clip|video|drawing] show?
        [What's|What is] [in your clip|in your drawing|that drawing of|your clip about|to be seen in your clip]?
        [Describe|Sum up|Explain] [your clip|your drawing|your video|the clip you made].
        [Can|Could] you [say|describe|tell me] what you [drew|made|painted]?
        Which [clip|prompt] did you [make|draw|use]?
        What was [that|it] that you [drew|made|just made]?
        ! What have you made there?
    """),
    "draw_seen": lines("""
        [Draw|Paint|Show me|Make] [what you see|what you saw|the same|the same thing|that clip again].
        [Can|Could] you [draw|make|recreate] [this|that|what you see|the same clip]?
        [Make|Generate|Create] a [clip|video] like [this|this one|it].
        Please [draw|recreate] [this|it|what you see].
        [Copy|Recreate|Redraw|Reproduce|Imitate|Repeat] [what you see|what is shown|the clip|it|this|that scene].
        [Please|Now|Now please] [copy|recreate|redraw|reproduce|imitate] [it|this|the clip|what you see|what happens here].
        [Can|Could|Would] you [copy|redraw|reproduce|repeat|imitate] [it|this|the clip|what you see][| for me]?
        [Draw|Paint|Make|Create|Generate|Produce] [a copy|one just like it|one like this|your own version|your version of it|the same clip|an equal clip].
        [I want|I'd like|I need] [a copy|a clip like this|one like this|the same clip from you|your version of this].
        [Put|Turn] [this|what you see] into a clip of your own.
        [Draw|Paint|Show me] [exactly this|exactly what is shown|exactly the same|what you have seen|what is in the clip|the same again].
        [Make|Create|Draw|Generate] [another|another one|one more clip] like [this|this one|it|that].
        [How about|What about] [drawing|copying|repeating] [this|it|what you see]?
        [Now you|Now it's your turn|Your turn]: [draw the same|draw it|make one like it].
        [Copy it|Copy|A copy, please|Same clip|Do the same|Draw it too][|, please].
        [Let's see|Let me see] [your version|you draw this|you draw the same].
        ! Copy this [clip|video] for me.
        ! Now draw just what you saw.
    """),
    "draw_seen_reverse": lines("""
        [Draw|Make] [it|what you see|the same], but [the other way round|in reverse|the other way around].
        [Can|Could] you draw [it|this] [the other way round|in reverse|in the opposite direction]?
        Now draw [it|that] [the other way round|in reverse].
        [Copy|Recreate|Redraw|Draw|Paint|Make] [it|this|what you see|the clip|the same] [backwards|in reverse|reversed|the opposite way|the other way|mirrored|flipped].
        [Reverse|Flip|Invert|Turn round|Mirror] [the clip|this clip|what you see|this] [and draw it|in a new clip|in a drawing].
        [Can|Could|Would] you [draw|make|recreate|paint] [it|this|the clip|the same] [backwards|reversed|the opposite way|with the motion reversed|going the other way]?
        [Draw|Make|Show me] [a clip like this|the same thing|the same scene], [but|only|this time] [backwards|in the opposite direction|reversed|going the other way|in the other direction].
        [I want|I'd like] [to see it|this|it drawn] [the other way round|backwards|in the opposite direction|reversed].
        [Draw|Show me] the {old} [going the other way|moving the other way|the other way round|in reverse|in the opposite direction].
        [Now draw|Draw|Make] [the reverse|the opposite|the reverse of it|the opposite of this].
        [Change|Switch|Swap] the [motion|direction|way it goes] and draw [it|that|the clip].
        [The same|Same clip|Like this], but [in reverse|backwards|the other way|with the direction turned round].
        ! Draw the opposite of what you see.
    """),
    "draw_seen_background": lines("""
        [Draw|Make] [it|what you see|the same], but {on_background}.
        [Can|Could] you draw [it|this|the same] {on_background}?
        [Draw|Show me] the {old} {on_background}.
        [Copy|Recreate|Redraw|Draw|Paint|Make] [it|this|what you see|the clip|the same] {on_background}[| instead].
        [Can|Could|Would] you [make|recreate|paint|copy] [it|this|the clip|the same] {on_background}[| instead]?
        [Draw|Make|Show me] [a clip like this|the same thing|the same scene|the same clip], [but|only|this time] {on_background}.
        [Change|Switch|Turn|Set] the [background|backdrop] to {color} and draw [it|that|the clip].
        [Draw|Recreate] [this|it|the clip], but [make|turn|paint] the [background|backdrop] {color}.
        [I want|I'd like] [to see it|this|it drawn|the {old}] {on_background}.
        [The same|Same clip|Like this|The same {old}], but {on_background}.
        [Draw|Show me|Paint|Make a clip of] [the {old}|the same {old}|this {old}] {on_background}.
        [Put|Place] [it|the {old}|this] [on|against|in front of] a {color} [background|backdrop].
        [Swap|Exchange] the background for [{color}|a {color} one] and draw it.
        [What|How] would it look {on_background}? Draw it.
        ! Draw this with {color} behind it.
    """),
    "draw_seen_motion": lines("""
        [Draw|Make] [it|what you see|the same], but {motion_ing}.
        [Can|Could] you draw [it|the {old}] {motion_ing}?
        [Draw|Show me] the {old} {motion_ing}[| instead].
        [Copy|Recreate|Redraw|Draw|Paint|Make] [it|this|the clip|the same|the same {old}], [but|this time] {motion_ing}.
        [Can|Could|Would] you [draw|make|show me|paint] [it|this|the {old}|the same {old}] {motion_ing}[| instead]?
        [Draw|Make|Show me] [a clip like this|the same thing|the same scene|the same clip], [but|only|this time] {motion_ing}.
        [Draw|Paint|Recreate] [this|it|the clip|the {old}], but [let|make] it {motion_base}.
        [I want|I'd like] [to see it|the {old}|to see the {old}] {motion_ing}[| instead].
        [The same|Same clip|Like this|The same {old}], but {motion_ing}.
        [Let|Make] the {old} {motion_base} and draw [it|that].
        [Draw|Show me|Paint|Make a clip of] [the {old}|the same {old}|this {old}] {motion_ing}.
        [Change|Switch] the motion to {motion_ing} and draw [it|that|the clip].
        [What|How] would it look {motion_ing}? Draw it.
        ! Draw this, only {motion_ing}.
    """),
    "draw_seen_object": lines("""
        [Draw|Make] the same, but with {a_object}[| instead].
        [Can|Could] you draw {a_object} doing the same?
        Draw {a_object} that moves like [that|this].
        [Draw|Make] [this|it] with {a_object} instead of the {old}.
        [Copy|Recreate|Redraw|Draw|Paint|Make] [it|this|the clip|what you see], but [with|for] {a_object}[| instead].
        [Can|Could|Would] you [draw|make|show me] [it|this|the clip|the same] with {a_object}[| instead]?
        [Draw|Make|Show me] [a clip like this|the same thing|the same scene|the same clip], [but with|only with|this time with] {a_object}.
        [Replace|Swap|Exchange] the {old} [with|for] {a_object} and draw [it|that|the clip].
        [Turn|Change] the {old} into {a_object} and draw [it|that].
        [I want|I'd like] [to see the same with|the same clip with|this with] {a_object}.
        [The same|Same clip|Like this], but [with|showing] {a_object}[| instead of the {old}].
        [Draw|Show me|Paint] {a_object} [moving the same way|in the same way|just like that|instead of the {old}|in place of the {old}].
        [Draw|Paint|Make] {a_object} [do|doing] [what the {old} does|the same as the {old}|the same thing].
        [Put|Use|Take] {a_object} instead of the {old} and draw [it|that].
        ! Draw this, only with {a_object}.
    """),
    "draw_part": lines("""
        [Draw|Show me|Paint] [only|just] the [{which}|{name}].
        [Can|Could] you draw [just|only] the {which}?
        Draw the {which}[| for me| again].
        [Draw|Paint|Show me|Make|Animate|Sketch] the [{which}|{name}] [alone|on its own|by itself|without the other|and nothing else].
        [Can|Could|Would] you [draw|make|paint|show] [only |just |]the [{which}|{name}][| for me| alone| on its own]?
        [Make|Create|Generate|Give me|Produce] [a clip|a video] [of|with] [only |just |]the [{which}|{name}].
        [I'd like|I want|I need] [a clip of|you to draw|to see] [only |just |]the [{which}|{name}].
        [Please|Now|Now please] [draw|paint|make|copy|recreate|show me] [only |just |]the [{which}|{name}].
        [Copy|Recreate|Redraw|Repeat] [only |just |]the [{which}|{name}].
        The [{which}|{name}] [alone|only|on its own|by itself], please.
        [Only|Just] the [{which}|{name}], [drawn|as a drawing|in a clip of your own], please.
        [Pick|Choose|Take] the [{which}|{name}] and draw it.
        [Keep|Leave] the [{which}|{name}] and [leave out|drop|skip] the other[| one], then draw that.
        [Of the two|From the two|Out of both], draw the [{which}|{name}].
        ! Leave all out but the {name} and draw that.
    """),
    "draw_unknown": lines("""
        [Draw|Paint|Show me|Make a clip of|Make a video of|Animate] {a_thing}[|{details}].
        [Can|Could] you [draw|paint|make a clip of] {a_thing}[|{details}]?
        [I'd like|I want] [to see|a video of] {a_thing}[|{details}].
        Please [draw|generate a video of] {a_thing}.
        [Produce|Render|Sketch|Create|Generate|Design|Film] {a_thing}[|{details}].
        [Make|Create|Generate|Produce|Show me] [a clip|a video|an animation|a short clip] [of|with|showing] {a_thing}[|{details}].
        [Can|Could] you [create|generate|animate|sketch|render|make a video of|show me] {a_thing}[|{details}]?
        [I'd like|I want|I need|I'd love] [a clip of|an animation of|to have|you to draw|to watch] {a_thing}[|{details}].
        [Please|Now|Now please] [draw|paint|make|create|show me] {a_thing}[|{details}].
        [Let me|Let us|May I] see {a_thing}[|{details}].
        {a_thing}{details}, please.
        {a_thing}, please.
        [A clip|A video|An animation] of {a_thing}{details}.
        [Clip|Draw|Video]: {a_thing}{details}
        [Imagine|Picture|Think of] {a_thing}{details}. Draw it.
        ! Would you draw {a_thing} for me?
    """),
    "draw_unknown_motion": lines("""
        [Draw|Make a clip of|Show me] {a_object} {odd_motion}.
        [Can|Could] you draw {a_object} {odd_motion}[| on a {color} background]?
        [Make|Let|Have] {a_object} [do this|do the following]: {odd_motion}.
        [Produce|Create|Generate|Animate|Render|Paint] {a_object} {odd_motion}.
        [Make|Create|Generate] [a clip|a video|an animation] [of|with|showing] {a_object} {odd_motion}[| on a {color} background].
        [I'd like|I want|I'd love] [to see|a clip of|a video of] {a_object} {odd_motion}[| on {color}].
        [Please|Now please|Now] [draw|show me|make] {a_object} {odd_motion}.
        {a_object} {odd_motion}[|, please| on a {color} background].
        [Can|Could] you [animate|show me|make a clip of|paint] {a_object} {odd_motion}?
        ! Would you draw {a_object} {odd_motion}?
    """),
    "draw_unknown_color": lines("""
        [Draw|Make a clip of|Show me] {a_object} [on|with] a {odd_color} background.
        [Can|Could] you draw {a_object} on a {odd_color} background?
        [Produce|Create|Generate|Animate|Render|Paint] {a_object} [on|against] a {odd_color} [background|backdrop].
        [Make|Create|Generate] [a clip|a video|an animation] of {a_object} [on|with|against] a {odd_color} [background|backdrop].
        [I'd like|I want|I'd love] [to see|a clip of] {a_object} [on|against|with] a {odd_color} background.
        [Please|Now please|Now] [draw|show me|make] {a_object} on a {odd_color} [background|backdrop].
        {a_object} on a {odd_color} background[|, please].
        [Can|Could] you [animate|show me|make a clip of|paint] {a_object} [on|with] a {odd_color} background?
        Draw {a_object}. The background should be {odd_color}.
        ! Would you draw {a_object} in front of a {odd_color} background?
    """),
    "draw_anything": lines("""
        [Draw|Show me|Make|Paint] [something|anything|something nice|whatever you like].
        [Surprise me|Surprise me with a clip][|, please].
        [Can|Could] you draw [something|anything][| for me]?
        Make me a [clip|video].
        [Draw|Paint|Make|Create|Generate|Animate|Produce] [something for me|anything you want|something funny|something cute|something you know|a random thing|any clip].
        [Can|Could|Would] you [make|create|paint|generate|show me] [something|anything|a clip|any clip|some clip]?
        [I'd like|I want] [to see something|a clip, any clip|you to draw something|you to surprise me].
        [Show me what you can do|Show me something|Show off your skills|Show me your art|Let me see you draw].
        [It's up to you|You choose|You decide|You pick|As you like|I leave it to you]: [draw something|make a clip|paint something].
        [Draw|Make|Create] [a clip|a video|an animation] of [anything|something|whatever you want|your choice].
        [Any clip will do|Anything will do|I don't care what]: [draw|just draw|draw something].
        [Please draw|Please make|Please show me] [something|a clip|anything].
        [Let's draw|Let's make] something.
        [Draw|Drawing|Clip|A clip], please!
        ! Draw me a surprise.
        ! Your choice: draw what you want.
    """),
    "draw_category": lines("""
        [Draw|Show me|Make a clip of] [a|any|some] {category}.
        [Can|Could] you draw [a|some] {category}?
        [Paint|Create|Generate|Animate|Produce] [a|any|some] {category}.
        [I'd like|I want] [to see|a clip of|you to draw] [a|any] {category}.
        [Can|Could] you [paint|make a clip of|show me|animate] [a|any] {category}[|, please]?
        [Please|Now|Now please] [draw|show me|paint] [a|any] {category}.
        [A|Any] {category}, please.
        [Make|Create|Generate] [a clip|a video|an animation] [of|with] [a|any] {category}.
        [Draw|Show me] [a {category} of your choice|any {category} you like|a {category}, you choose].
        ! I'd like to see some {category} or other.
    """),
    "accept_offer": lines("""
        [Yes|Yes, please|OK|Sure|Yes, go ahead|OK, do that|Good idea].
        [Yes|OK], draw [it|that|one].
        [Yes|Sure|OK|Okay|Yeah|Alright|Of course|Please|Please do|Why not|Gladly|Great idea|I'd like that|That would be nice|Do it|Go ahead|Go on|Sounds good|Yep][.|!]
        [Yes|Sure|OK|Yeah|Alright|Please], [do|do so|show me|go ahead|let me see it|draw one|I'd like that|please do].
        [Yes, that|That] would be [great|nice|lovely|fine].
        [I would like|I'd love] that.
        [Good|Nice|Great|Fine], [draw it|show me|go ahead|please do].
        [Let's do that|Let's see it|Let me see it|Show me that one][|, please].
        ! Fine, do that.
    """),
    "choose_offer": lines("""
        [OK|Then|Fine], [draw|show me] the {object}.
        The {object}, please.
        I'd like the {object}.
        [The {object}|I choose the {object}|I prefer the {object}|Then the {object}|I want the {object}][|, please].
        [Yes|Sure|OK|Alright], the {object}[|, please].
        [Draw|Show me|Make|Paint|I'd rather see|I'd like to see|Give me] the {object}[| then|, please].
        [Can|Could] you draw the {object}[| then]?
        [How about|What about|Let me see] the {object}?
        [Go for|Take|Make it] the {object}.
        ! Let's take the {object}.
    """),
}
