"""Words that carry no topic, by language (ISO 639-1). Lower case, with their accents; our own selection of
articles, pronouns, prepositions, conjunctions and auxiliaries, after the lists that the Snowball project publishes.

Changing a list changes stored vectors: raise the pipeline version, so that documents are encoded again.
"""

_LISTS = {
    "en": """a about above after again against all am an and any are as at be because been before being below between
        both but by can could did do does doing down during each few for from further had has have having he her here
        hers herself him himself his how i if in into is it its itself just me more most my myself no nor not now of
        off on once only or other our ours ourselves out over own same she should so some such than that the their
        theirs them themselves then there these they this those through to too under until up upon very was we were
        what when where which while who whom why will with would you your yours yourself yourselves
        s t d ll m re ve don doesn didn isn aren wasn weren hasn haven hadn won wouldn couldn shouldn""",
    "de": """aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus
        bei beim bin bis bist da damit dann das dass dein deine dem den denn der des dessen deren dich die dies diese
        diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure
        für gegen habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in
        indem ins ist ja jede jedem jeden jeder jedes jene jetzt kann kein keine keinem keinen keiner können könnte
        machen man mein meine meinem meinen meiner mich mir mit muss müssen nach nicht nichts noch nun nur ob oder
        ohne sehr sein seine seinem seinen seiner sich sie sind so solche soll sollen sollte sondern sonst über um und
        uns unser unsere unter vom von vor wann war waren warum was weil welche welchem welchen welcher welches wenn
        wer werde werden wie wieder will wir wird wirst wo wollen wurde wurden würde würden zu zum zur zwar zwischen""",
    "fr": """à ai au aucun aucune aussi autre autres aux avait avec avez avoir avons c ce ceci cela celle celles celui
        ces cet cette ceux chaque comme comment d dans de des donc dont du elle elles en entre es est et étaient était
        étant été êtes être eu eux fait font furent il ils j je l la laquelle le lequel les lesquelles lesquels leur
        leurs lui m ma mais me même mêmes mes moi mon n ne ni nos notre nous on ont ou où par pas pendant peut peuvent
        plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se sera seront ses si soit son
        sont sous sur t ta te tes toi ton tous tout toute toutes très tu un une vers vos votre vous y""",
    "es": """a al algo algún alguna algunas alguno algunos ante antes aquel aquella aquellas aquellos así aún aunque
        cada como cómo con contra cual cuál cuales cuáles cuando cuándo cuanto cuánto de del desde donde dónde durante
        e el él ella ellas ello ellos en entre era eran es esa esas ese eso esos esta está están estaba estaban estar
        estas este esto estos fue fueron ha había habían haber han hasta hay he la las le les lo los mas más me mi mí
        mientras mis mucho muchos muy nada ni no nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro
        otros para pero poco por porque puede pueden que qué quien quién quienes se sea sean según ser si sí sido sin
        sobre son su sus también tampoco tan tanto te tiene tienen todo todos tu tú un una uno unos y ya yo""",
    "it": """a abbia abbiamo ad agli ai al alla alle allo altra altre altri altro anche ancora avere aveva avevano c che
        chi ci ciò coi col come con contro cosa così cui d da dagli dai dal dalla dalle dallo degli dei del della delle
        dello dentro di dopo dove due e è ed era erano essere fa fino fra gli ha hai hanno ho i il in io l la le lei li
        lo loro lui ma me mentre mi mia mie miei mio molto ne negli nei nel nella nelle nello no noi non nostra nostre
        nostri nostro o ogni oppure per perché però più può possono poi prima qual quale quali quando quanto quella
        quelle quelli quello questa queste questi questo qui quindi s se sei senza si sia siamo siano siete sono sopra
        sotto sta stata state stati stato su sua sue sugli sui sul sulla sulle sullo suo suoi tra tu tua tutta tutte
        tutti tutto un una uno v vi voi vostra vostro""",
    "pt": """a à ao aos aquela aquelas aquele aqueles aquilo as às até cada com como contra da das de dela delas dele
        deles depois desde do dos durante e é ela elas ele eles em entre era eram essa essas esse esses esta está
        estamos estão estar estas estava este estes eu foi foram há isso isto já lhe lhes lo mais mas me mesmo meu meus
        minha minhas muito muitos na nas não nem no nos nós nossa nossas nosso nossos num numa o onde os ou outra
        outras outro outros para pela pelas pelo pelos pode podem por porque qual quais quando quanto que quem se sem
        ser será seu seus seja sejam são só sob sobre sua suas também tão te tem têm ter teu tinha tinham toda todas
        todo todos tu tua um uma umas uns você vocês vos""",
    "nl": """aan al alle alles als altijd andere ben bij bijna binnen dan dat de deze die dit doch doen door dus een en
        er ge geen geweest haar had hadden heb hebben heeft hem het hier hij hoe hun ik in is ja je jij jullie kan kon
        kunnen maar me meer men met mij mijn moet moeten na naar niet niets nog nu of om omdat onder ons onze ook op
        over reeds te tegen tijdens toch toen tot tussen u uit uw van veel voor waar waarom wanneer waren was wat we
        weer wel welk welke werd werden wezen wie wij wil word worden wordt zal ze zei zelf zich zij zijn zo zonder zou
        zouden""",
    "da": """ad af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din dine disse dog du
        efter eller en end er et for fra ham han hans har havde have hende hendes her hos hun hvad hvem hver hvilken
        hvilke hvis hvor hvordan hvorfor i ikke ind jeg jer jo kan kunne man mange med meget men mig min mine mit mod
        må ned noget nogle nogen nu når og også om op os over på selv sig sin sine sit skal skulle som sådan så thi til
        ud under var ved vi vil ville vor vores være været""",
    "sv": """alla allt att av bara bli blir blev de dem den denna deras dess dessa det detta dig din dina ditt du där då
        efter ej eller en er era ert ett från för ha hade han hans har henne hennes hon honom hur här i icke ingen inom
        inte jag ju kan kunde man med mellan men mig min mina mitt mot mycket ni nu när någon något några och om oss på
        samma sedan sig sin sina sitt själv ska skall skulle som så sådan sådana till under upp ut utan vad var vara
        varför varit varje vars vem vi vid vilka vilken vilket vår våra vårt än är åt över""",
    "no": """alle at av bare ble blei blir bli da de deg dei deira deires dem den denne der dere deres det dette di din
        disse ditt du eg ein eit eitt eller en enn er et ett etter for fordi fra frå før ha hadde han hans har hennar
        henne hennes her ho hun hva hvem hver hvilken hvilke hvis hvor hvordan hvorfor i ikke ikkje ingen inn ja jeg
        kan korleis kva kvar kven man mange me med meg meget mellom men mer mi min mitt mot mye må noe noen nokon noko
        nå når og også om opp oss over på seg selv si sia sin sine sitt skal skulle slik som så til ut uten var ved vi
        vil ville vore vår være vært å""",
    "fi": """ei eivät emme en enää ennen et ette että hän häneen hänellä hänen hänet he heidän heidät heille itse ja jo
        joiden joissa joita joka joko jolla jolle jonka jos joskus jossa josta jota jotka kai kaikki kanssa keiden kenen
        koska kuin kuinka kuitenkin kuka kun me meidän meidät meille mihin mikä mikäli missä mistä mitä mitkä miksi
        milloin minä minulla minun minut mukaan mutta myös ne niiden niihin niissä niitä noin nuo nyt ole oleva oli
        olimme olin olisi olivat olla olen olemme on ovat sekä sen siihen siinä siitä sillä sinä sinun sitä se tai te
        teidän teille tämä tämän tähän tätä tästä tässä tuo vaan vai vaikka vain voi voivat ympäri yli""",
    "hu": """a abban ahhoz ahogy ahol aki akik akkor alatt által általában amely amelyek amelyet ami amit arra arról az
        azok azon azt aztán azzal be benne bár csak de e ebben egy egyes egyik egyéb ehhez ekkor el ellen előtt és
        esetén ez ezek ezen ezért ezt fel felé ha hanem hiszen hogy hogyan igen illetve ill is itt jól kell kellett
        közül között ki le lehet lenne lesz lett maga majd már más meg mely melyek mert mi mikor milyen minden mint
        mintha miért míg most nagy nagyon ne nekem neki nem nincs ő ők olyan ott össze pedig s saját sem sok során
        számára szemben szerint szinte talán tehát után utána vagy vagyis valaki valami van vannak vele volna volt
        voltak""",
    "ro": """a acea aceasta această aceea acei aceia acel acela acele acelea acest acesta aceste acestea acestei
        acestor acestui acești aceștia adică ai aici al ale alta alte altul altă am ar are as asta astfel asupra atât au
        avea avem aveți ca că când care cărei căror cărui care ce cea cei cel cele celor cine cu cum da dacă dar de deci
        deja deși despre din dintr dintre doar după ea ei el ele era eram este eu există face fără fi fie fiecare fiind
        fost iar îi îl îmi în în înainte încât îns însă între își îți la le li lor lui mai mea mei mele meu mi mult
        multe mulți ne ni nici nimic noastre noastră noi noștri nostru nu o ori orice pe pentru peste poate pot prin
        printr sa să sale sau său se sub sunt suntem și ta tale te toate tot toți tu un una unde unei unele uneori unor
        unui va vă voastre voi vor vostru""",
    "tr": """acaba ama ancak arada artık asla aslında az bana bazen bazı belki ben beni benim beri bile bir birçok biri
        birkaç biz bize bizi bizim böyle bu buna bunda bundan bunlar bunları bunların bunu bunun çok çünkü da daha de
        değil diğer diye dolayı eğer en fakat gibi göre hala halde hem henüz hep hepsi her hiç hiçbir için ile ilgili
        ise işte kadar karşın kendi kendine kendini ki kim kimse mi mı mu mü nasıl ne neden nedenle nerede neyse niçin
        niye o olan olarak oldu olduğu olduğunu olması olur olmak on ona ondan onlar onları onların onu onun oysa pek
        rağmen sadece sanki sen seni senin siz size sizi sizin sonra şey şeyi şeyler şimdi şöyle şu şuna şunu tarafından
        tüm ve veya ya yani yerine yine yoksa zaten""",
    "ru": """а без более больше будет будут будучи бы был была были было быть в вам вас весь во вот все всего всех вы
        где да даже для до другой его ее её ей ему если есть еще ещё ж же за здесь и из или им ими их к как какая какой
        ко когда который которая которое которые которых кто ли либо между меня мне много может можно мой мы на над надо
        нас наш наша наши не него нее неё ней нет ни них ничего но ну о об он она они оно от перед по под после потом
        потому почему при про с сам сами свой своего своей своих себе себя сейчас со так также такой там тебя тем то
        того тоже той только том тот ты у уже хотя чего чей чем через что чтобы чье чья эта эти этих это этого этой
        этом этот эту я""",
    "ar": """من إلى الى عن على في مع هذا هذه ذلك تلك هؤلاء الذي التي الذين اللذان اللتان اللواتي هو هي هم هن نحن أنا انا
        أنت انت أنتم كان كانت كانوا يكون تكون كل بعض غير أن ان إن أو او ثم لا لم لن ما ماذا متى أين اين كيف لماذا هل
        قد لقد حتى إذا اذا بين بعد قبل عند عندما منذ حول خلال دون فوق تحت أي اي أيضا ايضا لكن ولكن بل كما حيث لأن لان به
        بها له لها لهم فيه فيها منه منها عليه عليها إليه إليها هناك هنا ليس ليست و ف ب ل ك""",
    "el": """ο η το οι τα του της των τον την τους τις ένας μια μία ένα και κι ή να θα δεν μη μην με σε από για προς
        κατά μετά παρά αντί χωρίς ως σαν όπως ότι που πως πώς αν εάν όταν γιατί διότι αλλά όμως είναι ήταν είμαι είσαι
        είμαστε έχει έχουν έχω είχε αυτός αυτή αυτό αυτοί αυτές αυτά εκείνος εκείνη εκείνο εγώ εσύ εμείς εσείς μου σου
        μας σας στο στη στην στον στις στα στους τι ποιος ποια ποιο ποιοι πού πότε πόσο κάθε όλα όλοι όλες πολύ πιο""",
}

STOP_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _LISTS.items()}
ANY_STOP_WORD: frozenset[str] = frozenset().union(*STOP_WORDS.values())
