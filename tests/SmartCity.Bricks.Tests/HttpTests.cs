using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Bricks.Http;

namespace SmartCity.Bricks.Tests;

public sealed class HttpTests
{
    private static Flow<Parcel> Usual => new((e, _) => ValueTask.FromResult(e.Data.Number switch { 1 => Result.Rejected("The parcel is torn."), 2 => Result.Failed("The scales are busy."), _ => Result.Done })) { Attempts = 1 };

    [Theory]
    [InlineData("application/cloudevents+json", """{"specversion":"1.0","id":"1","source":"/belts/b","type":"parcel","partitionkey":"b","data":{"belt":"b","number":0}}""", 1)]
    [InlineData("application/cloudevents-batch+json", """[{"specversion":"1.0","id":"1","source":"/belts/b","type":"parcel","data":{"belt":"b","number":0}},{"specversion":"1.0","id":"2","source":"/belts/b","type":"parcel","data":{"belt":"b","number":3}}]""", 2)]
    [InlineData("application/json", """{"belt":"b","number":0}""", 1)]
    public async Task Every_mode_is_taken(string contentType, string body, int events)
    {
        var seen = new List<CloudEvent<Parcel>>();
        await using var app = await ServeAsync(a => a.MapFlow("/", Usual with { Function = (e, c) => { seen.Add(e); return Usual.Function(e, c); } }));
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(app, contentType, body, [("ce-id", "1"), ("ce-source", "/belts/b"), ("ce-type", "parcel"), ("ce-specversion", "1.0")]));
        Assert.Equal(events, seen.Count);
        Assert.Equal(("1", "/belts/b", "parcel", new Parcel("b", 0)), (seen[0].Id, seen[0].Source, seen[0].Type, seen[0].Data));
    }

    [Theory]
    [InlineData(1, HttpStatusCode.UnprocessableEntity)]
    [InlineData(2, HttpStatusCode.ServiceUnavailable)]
    public async Task Without_a_place_for_dead_letters_the_sender_keeps_what_fails(int number, HttpStatusCode expected)
    {
        await using var app = await ServeAsync(a => a.MapFlow("/", Usual));
        Assert.Equal(expected, await PostAsync(app, "application/json", $$"""{"belt":"b","number":{{number}}}""", [("ce-id", "1"), ("ce-source", "/b"), ("ce-type", "t")]));
    }

    [Fact]
    public async Task With_one_it_is_taken_and_kept()
    {
        var dead = new List<DeadLetter>();
        await using var app = await ServeAsync(a => a.MapFlow("/", Usual with { DeadLetters = (letter, _) => { dead.Add(letter); return Task.CompletedTask; } }));
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(app, "application/json", """{"belt":"b","number":1}""", [("ce-id", "1"), ("ce-source", "/b"), ("ce-type", "t")]));
        Assert.Equal("The parcel is torn.", Assert.Single(dead).Reason);
    }

    [Theory]
    [InlineData("application/json", "{}", "ce-id")]
    [InlineData("application/cloudevents+json", """{"specversion":"1.0","id":"1"}""", "CloudEvent")]
    [InlineData("application/cloudevents+json", "no json", "CloudEvent")]
    public async Task What_is_no_event_is_refused_by_name(string contentType, string body, string named)
    {
        await using var app = await ServeAsync(a => a.MapFlow("/", Usual));
        using var client = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, contentType);
        using var answer = await client.PostAsync(Address(app), content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(named, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_at_an_address_gets_the_whole_event()
    {
        var seen = new List<CloudEvent<Parcel>>();
        await using var app = await ServeAsync(a => a.MapFlow("/", Usual with { Function = (e, c) => { seen.Add(e); return Usual.Function(e, c); } }));
        using var client = new HttpClient();
        var function = new HttpFunction<Parcel>(client, Address(app));
        var sent = Parcels.Event("b", 0) with { Subject = "Straße 1 %", Time = new DateTimeOffset(2026, 11, 23, 8, 15, 30, TimeSpan.Zero) };
        Assert.Equal(Result.Done, await function.CallAsync(sent, TestContext.Current.CancellationToken));
        Assert.Equal(sent with { DataContentType = "application/json" }, Assert.Single(seen) with { TraceParent = null });
        Assert.StartsWith("http://127.0.0.1", (await function.CallAsync(Parcels.Event("b", 1), TestContext.Current.CancellationToken)).Reason, StringComparison.Ordinal);
        Assert.Contains("503", (await function.CallAsync(Parcels.Event("b", 2), TestContext.Current.CancellationToken)).Reason!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grep -q '\"number\":0'", null)]
    [InlineData("echo The parcel is torn. >&2; exit 65", "sh ended with status 65: The parcel is torn.")]
    [InlineData("exit 1", "sh ended with status 1.")]
    public async Task A_program_gets_the_event_on_its_standard_input(string script, string? reason)
    {
        var result = await new ProcessFunction<Parcel>("sh", ["-c", script]).CallAsync(Parcels.Event("b", 0), TestContext.Current.CancellationToken);
        Assert.Equal(reason, result.Reason);
    }

    [Fact]
    public async Task A_program_that_hangs_is_ended()
    {
        var folder = Directory.CreateTempSubdirectory("bricks");
        var flow = new Flow<Parcel>(new ProcessFunction<Parcel>("sh", ["-c", $"echo $$ > {folder.FullName}/pid; sleep 1000"]).CallAsync) { Attempts = 1, TimeLimit = TimeSpan.FromSeconds(5) };
        var harness = new FlowHarness<Parcel>(flow);
        await harness.SendAsync([Parcels.Event("b", 0)]);
        Assert.Equal("The function took longer than 5 s.", Assert.Single(harness.DeadLetters).Reason);
        var pid = (await File.ReadAllTextAsync(Path.Combine(folder.FullName, "pid"), TestContext.Current.CancellationToken)).Trim();
        var left = TimeProvider.System.GetTimestamp();
        while (Directory.Exists($"/proc/{pid}") && TimeProvider.System.GetElapsedTime(left) < TimeSpan.FromSeconds(60))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.False(Directory.Exists($"/proc/{pid}"));
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("exit 0", null)]
    [InlineData("echo The parcel is torn. >&2; exit 65", "sh ended with status 65: The parcel is torn.")]
    public async Task What_a_program_leaves_behind_holds_up_nothing_and_is_ended(string script, string? reason)
    {
        var folder = Directory.CreateTempSubdirectory("bricks");
        var result = await new ProcessFunction<Parcel>("sh", ["-c", $"setsid sleep 1000 & echo $! > {folder.FullName}/pid; {script}"]).CallAsync(Parcels.Event("b", 0), TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(reason, result.Reason);
        var pid = (await File.ReadAllTextAsync(Path.Combine(folder.FullName, "pid"), TestContext.Current.CancellationToken)).Trim();
        await KafkaTests.UntilAsync(() => Command(pid).Length == 0); // a zombie has none
        folder.Delete(recursive: true);
    }

    private static string Command(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return ""; // it has ended
        }
    }

    [Fact]
    public async Task Of_a_program_that_says_much_the_end_is_kept_and_the_rest_is_counted()
    {
        var result = await new ProcessFunction<Parcel>("sh", ["-c", "yes The scales are busy. 2> /dev/null | head -c 30000000 >&2; echo The scales are gone. >&2; exit 1"]).CallAsync(Parcels.Event("b", 0), TestContext.Current.CancellationToken);
        Assert.StartsWith("sh ended with status 1 and said 30000021 bytes, of which these are the last 500: ", result.Reason, StringComparison.Ordinal);
        Assert.EndsWith("The scales are gone.", result.Reason, StringComparison.Ordinal);
        Assert.InRange(result.Reason!.Length, 500, 600);
    }

    private static async Task<WebApplication> ServeAsync(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static Uri Address(WebApplication app) => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static async Task<HttpStatusCode> PostAsync(WebApplication app, string contentType, string body, (string, string)[] headers)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, Address(app)) { Content = new StringContent(body, Encoding.UTF8, contentType) };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
