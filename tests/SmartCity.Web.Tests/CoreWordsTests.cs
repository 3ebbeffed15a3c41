using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Bunit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Ops;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Languages;
using TestContext = Xunit.TestContext;

namespace SmartCity.Web.Tests;

public sealed class CoreWordsTests : ConsoleContext
{
    private static readonly CoreSentences Known = new(new Dictionary<string, string>
    {
        ["It is late."] = "Es ist spät.",
        ["It is {0}."] = "Es ist {0}.",
        ["It is {0} past {1}."] = "Es ist {1} vor {0}.",
        ["The camera {0} is off."] = "Die Kamera {0} ist aus.",
        ["The camera {0} is off since {1}."] = "Die Kamera {0} ist aus seit {1}.",
        ["{0} does not answer: {1}"] = "{0} antwortet nicht: {1}",
        ["Plate '{0}' is bad."] = "Das Kennzeichen „{0}“ ist schlecht.",
        ["A {0} pays."] = "Fahrzeugart {0:said} zahlt.",
        ["Not for {0}."] = "Nicht für {0}.",
        ["no plate at all"] = "gar kein Kennzeichen",
        ["van"] = "Transporter",
        ["{0} is a {1}."] = "{0} ist ein {1}.",
        ["is missing."] = "fehlt.",
    });

    [Theory]
    [InlineData("It is late.", "Es ist spät.")]
    [InlineData("It is AB12 CDE.", "Es ist AB12 CDE.")]
    [InlineData("It is ten past eleven.", "Es ist eleven vor ten.")]
    [InlineData("The camera a1-n2 is off.", "Die Kamera a1-n2 ist aus.")]
    [InlineData("The camera a1-n2 is off since noon.", "Die Kamera a1-n2 ist aus seit noon.")]
    [InlineData("The camera  is off.", "Die Kamera  ist aus.")]
    [InlineData("The camera {0} is off.", "Die Kamera {0} ist aus.")]
    [InlineData("The camera .*+?[](){}^$|\\ is off.", "Die Kamera .*+?[](){}^$|\\ ist aus.")]
    [InlineData("The camera <b>é😀</b> is off.", "Die Kamera <b>é😀</b> ist aus.")]
    public void The_sentence_with_most_words_of_its_own_is_meant_and_its_values_stay(string english, string german) => Assert.Equal(german, Known.Tell(english));

    [Theory]
    [InlineData("Something else happened.")]
    [InlineData("it is late.")]
    [InlineData("It is")]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("vans")]
    [InlineData("Whatever is in the way is a problem.")]
    public void What_nobody_knows_stays(string english) => Assert.Equal(english, Known.Tell(english));

    [Theory]
    [InlineData("It is late. The camera c1 is off.", "Es ist spät. Die Kamera c1 ist aus.")]
    [InlineData("It is late. Nobody knows this. The camera c1 is off.", "Es ist spät. Nobody knows this. Die Kamera c1 ist aus.")]
    [InlineData("  It is late.\n\nThe camera c1 is off. ", "  Es ist spät.\n\nDie Kamera c1 ist aus. ")]
    [InlineData("no plate at all; The camera c1 is off.", "gar kein Kennzeichen; Die Kamera c1 ist aus.")]
    [InlineData("The camera St. James No. 4 is off. It is late.", "Die Kamera St. James No. 4 ist aus. Es ist spät.")]
    public void Sentences_are_said_one_after_another(string english, string german) => Assert.Equal(german, Known.Tell(english));

    [Theory]
    [InlineData("The lake does not answer: It is late. The camera c1 is off.", "The lake antwortet nicht: Es ist spät. Die Kamera c1 ist aus.")]
    [InlineData("The lake does not answer: It is not theirs. It is late.", "The lake antwortet nicht: It is not theirs. Es ist spät.")]
    [InlineData("Plate 'no plate at all' is bad.", "Das Kennzeichen „no plate at all“ ist schlecht.")]
    [InlineData("Not for no plate at all.", "Nicht für gar kein Kennzeichen.")]
    [InlineData("A van pays.", "Fahrzeugart Transporter zahlt.")]
    [InlineData("Not for van.", "Nicht für van.")]
    [InlineData("one.jpg: It is late. two.jpg: It is late. Three: no plate at all.", "one.jpg: Es ist spät. two.jpg: Es ist spät. Three: gar kein Kennzeichen.")]
    [InlineData("label is missing.", "label fehlt.")]
    public void A_value_that_is_a_sentence_is_said_too_unless_it_is_a_quotation_or_a_name(string english, string german) => Assert.Equal(german, Known.Tell(english));

    [Fact]
    public void What_somebody_may_have_typed_stays_unless_it_is_a_sentence_of_many_words()
    {
        Assert.Equal("It is worse than before.", Known.OfManyWords.Tell("It is worse than before."));
        Assert.Equal("Die Kamera c1 ist aus.", Known.OfManyWords.Tell("The camera c1 is off."));
    }

    [Theory]
    [InlineData("It is 3,200.", "Es ist 3.200.")]
    [InlineData("It is 97.5 %.", "Es ist 97,5 %.")]
    [InlineData("It is 1 March 2012.", "Es ist 1. März 2012.")]
    [InlineData("It is 1,2.", "Es ist 1,2.")]
    [InlineData("It is 1.2.", "Es ist 1.2.")]
    [InlineData("It is £12.50.", "Es ist £12.50.")]
    public void Numbers_and_days_that_would_be_read_wrongly_are_written_as_the_reader_does(string english, string german)
    {
        using var _ = new Reader("de");
        Assert.Equal(german, Known.Tell(english));
    }

    [Fact]
    public void Nobody_can_make_it_slow()
    {
        string[] hostile =
        [
            string.Concat(Enumerable.Repeat("It is ", 600)), string.Concat(Enumerable.Repeat("a. ", 1_300)), string.Concat(Enumerable.Repeat("a: ", 1_300)), string.Concat(Enumerable.Repeat("The camera is off; ", 200)),
            string.Concat(Enumerable.Repeat("does not answer: ", 230)), new string(' ', 3_999), new string('.', 3_999), "It is " + new string('x', 3_000_000) + ".",
        ];
        using var _ = new Reader("de");
        CoreWords.Said("warm");
        var watch = Stopwatch.StartNew();
        Assert.All(hostile, text => Assert.Equal(text, CoreWords.Said(text)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public void Who_reads_English_gets_what_the_core_wrote()
    {
        using (new Reader("en"))
        {
            var english = new string("The file is empty.".ToCharArray());
            Assert.Same(english, CoreWords.Said(english));
        }

        using var _ = new Reader("de");
        Assert.Equal("Die Datei ist leer.", CoreWords.Said("The file is empty."));
        Assert.Null(CoreWords.Said(null));
    }

    [Theory]
    [InlineData("Registered as Euro 5; the ULEZ asks a diesel van for Euro 6: £12.50 for the day.", "Zugelassen mit Euro 5; die ULEZ verlangt mindestens Euro 6 (Kraftstoff Diesel, Fahrzeugart Transporter): £12.50 für den Tag.")]
    [InlineData(
        "AB12CDE was seen at Tower Bridge 40 seconds after at St. Paul's, 2.1 km away. No vehicle is that fast: one of the plates is cloned or was misread.",
        "AB12CDE wurde an Tower Bridge 40 Sekunden nach St. Paul's erfasst, 2.1 km entfernt. Kein Fahrzeug ist so schnell: Eines der Kennzeichen ist eine Dublette oder wurde falsch gelesen.")]
    [InlineData("class 'buss' is none of car, van; fuel '' is none of petrol, diesel.", "class „buss“ ist keines von car, van; fuel „“ ist keines von petrol, diesel.")]
    [InlineData("No picture can be used. one.jpg: The face is blurred. two.jpg: It is damaged.", "Kein Bild ist verwendbar. one.jpg: Das Gesicht ist unscharf. two.jpg: Es ist beschädigt.")]
    [InlineData("Unknown column: vehicle. The columns are plate, reason. Nothing was imported.", "Unbekannte Spalte: vehicle. Die Spalten sind plate, reason. Es wurde nichts importiert.")]
    [InlineData("label must have 3 to 100 characters.", "label muss 3 bis 100 Zeichen haben.")]
    public void What_the_core_says_is_said_in_German(string english, string german)
    {
        using var _ = new Reader("de");
        Assert.Equal(german, CoreWords.Said(english));
    }

    [Fact]
    public void Refusals_and_faults_reach_the_reader_in_German()
    {
        using var _ = new Reader("de");
        Assert.Equal("Die Datei ist leer.", Wording.Failure(new HttpRequestException("The file is empty.", null, HttpStatusCode.BadRequest)));
        Assert.Equal(
            "Diese Entscheidung storniert £12.50 (ULEZ, 5 October 2026) for AB12CDE. Der Grund wird im Gebührenbuch und im Protokoll festgehalten.",
            Wording.TakesBack(new HttpRequestException("This decision reverses £12.50 (ULEZ, 5 October 2026) for AB12CDE. Give a reason for it in the header Audit-Reason.", null, HttpStatusCode.BadRequest)));

        var shown = Render<Problems>(p => p.Add(c => c.Of, new NodeState("degraded", ["Its disk has 1,200 MB left. When it is full, evidence pictures are deleted first and sightings last."])));
        Assert.Equal("Auf dem Datenträger sind noch 1.200 MB frei. Ist er voll, werden zuerst Beweisbilder und zuletzt Erfassungen gelöscht.", shown.Find("li").TextContent);
    }

    [Fact]
    public async Task Why_there_is_no_picture_is_said_to_the_page_in_its_language()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var core = builder.Build();
        core.MapFallback("{**path}", () => TypedResults.Problem("The sighting was sent before its picture, which follows.", statusCode: 404, title: "The picture is on its way"));
        await core.StartAsync(TestContext.Current.CancellationToken);

        await using var console = await ConsoleHost.StartAsync(("Core:Address", core.Urls.First()), ("Console:Language", "de"));
        using var answer = await console.Http.GetAsync(new Uri("evidence/london-a1/2026/11/23/08/x.jpg", UriKind.Relative), TestContext.Current.CancellationToken);
        var problem = await answer.Content.ReadFromJsonAsync<ProblemDetails>(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(("Das Bild ist unterwegs", "Die Erfassung wurde vor ihrem Bild gesendet; es folgt."), (problem!.Title, problem.Detail));
    }
}
