using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>What a person can do with a record that could not be used.</summary>
public class DeadLetterTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_is_read_with_its_bytes_its_headers_and_where_it_came_from()
    {
        byte[] poison = [0x7B, 0x00, 0xFF];
        await core.SendAsync(Topics.Mirrored("london-a1", Topics.Sightings), poison, new Headers { { "made-by", "a test"u8.ToArray() } }, "key"u8.ToArray());
        var listed = await LetterAsync("topic=london-a1.sightings");

        var detail = (await core.Http.GetFromJsonAsync<DeadLetterDetail>($"/api/dead-letters/{listed.Id}", Token))!;

        Assert.Equal(("london-a1.sightings", 0, 0L, "open", 0, 3L), (listed.Topic, listed.Partition, listed.Offset, listed.State, listed.Replays, listed.Bytes));
        Assert.Contains("Not a sighting", detail.Letter.Reason, StringComparison.Ordinal);
        Assert.Equal(poison, detail.Value);
        Assert.Equal("key"u8.ToArray(), detail.Key);
        Assert.Equal("a test", Encoding.UTF8.GetString(Assert.Single(detail.Headers, h => h.Name == "made-by").Value));
    }

    [Fact]
    public async Task One_that_can_be_used_now_is_stored_once_however_often_it_is_replayed()
    {
        // The station's clock was ahead of what is believed; somebody has looked and believes it.
        var sighting = Sighting("REPLAY1", Now.AddDays(2), "london-a3");
        await core.SendAsync(sighting);
        var letter = await LetterAsync("topic=london-a3.sightings");
        Assert.Contains("in the future", letter.Reason, StringComparison.Ordinal);
        var limits = core.Services.GetRequiredService<IOptions<SightingOptions>>().Value;
        var before = limits.FutureTolerance;
        limits.FutureTolerance = TimeSpan.FromDays(3);
        try
        {
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync($"/api/dead-letters/{letter.Id}/replay"));
            await StateAsync(letter.Id, "replayed");
            Assert.Equal(HttpStatusCode.Conflict, await PostAsync($"/api/dead-letters/{letter.Id}/replay"));
        }
        finally
        {
            limits.FutureTolerance = before;
        }

        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where plate = 'REPLAY1'"));
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from dead_letters where topic = 'london-a3.sightings'"));
        var replayed = await GetAsync(letter.Id);
        Assert.Equal(("stored", 1, "tests"), (replayed.Result, replayed.Replays, replayed.By));
        Assert.NotNull(replayed.DoneAt);
    }

    [Fact]
    public async Task One_that_still_can_t_be_used_is_open_again_and_no_second_one_appears()
    {
        await core.SendAsync(Topics.Mirrored("london-a4", Topics.Sightings), "no json"u8.ToArray());
        var letter = await LetterAsync("topic=london-a4.sightings");

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync($"/api/dead-letters/{letter.Id}/replay"));
        await CoreHost.UntilAsync(async () => (await GetAsync(letter.Id)).Result?.StartsWith("came back", StringComparison.Ordinal) == true, "it came back");

        var back = await GetAsync(letter.Id);
        Assert.Equal(("open", 1), (back.State, back.Replays));
        Assert.Contains("Not a sighting", back.Result, StringComparison.Ordinal);
        Assert.Single(await ListAsync("topic=london-a4.sightings"));
    }

    [Fact]
    public async Task A_header_that_somebody_made_up_loses_no_record()
    {
        var headers = new Headers { { RecordHeaders.DeadLetter, Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()) } };
        await core.SendAsync(Topics.Mirrored("london-a205", Topics.Sightings), "lost?"u8.ToArray(), headers);

        Assert.Equal("open", (await LetterAsync("topic=london-a205.sightings")).State);
    }

    [Fact]
    public async Task One_is_discarded_with_a_reason_and_keeps_its_bytes()
    {
        await core.SendAsync(Topics.Mirrored("london-a10", Topics.Sightings), "a joke"u8.ToArray());
        var letter = await LetterAsync("topic=london-a10.sightings");

        using (var without = await core.Http.PostAsJsonAsync($"/api/dead-letters/{letter.Id}/discard", new DeadLetterDiscard(" "), Token))
        {
            Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
            Assert.Contains("reason must", (await without.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NoContent, await PostAsync($"/api/dead-letters/{letter.Id}/discard", new DeadLetterDiscard("an engineer's test record")));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync($"/api/dead-letters/{letter.Id}/replay"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync($"/api/dead-letters/{Guid.NewGuid()}/discard", new DeadLetterDiscard("why not")));

        var detail = (await core.Http.GetFromJsonAsync<DeadLetterDetail>($"/api/dead-letters/{letter.Id}", Token))!;
        Assert.Equal(("discarded", "an engineer's test record"), (detail.Letter.State, detail.Letter.Result));
        Assert.Equal("a joke"u8.ToArray(), detail.Value);
        Assert.Contains("dead-letters.discard", await core.Postgres.ColumnAsync<string>("select action from audit where subject = $1", letter.Id.ToString()));
    }

    [Fact]
    public async Task All_of_a_selection_are_replayed_and_the_others_left_alone()
    {
        var topic = Topics.Mirrored("london-a11", Topics.Sightings);
        await core.SendAsync(topic, "one"u8.ToArray());
        await core.SendAsync(topic, "two"u8.ToArray());
        await core.SendAsync(topic, JsonSerializer.SerializeToUtf8Bytes(Sighting("LATER11", Now.AddDays(40), "london-a11"), ContractsJson.Default.Sighting));
        await CoreHost.UntilAsync(async () => (await ListAsync("topic=london-a11.sightings")).Count == 3, "three dead letters");

        using var answer = await core.Http.PostAsJsonAsync("/api/dead-letters/replay", new DeadLetterSelection("london-a11.sightings", "not a SIGHTING"), Token);
        Assert.Equal(new DeadLetterReplay(2, 0), await answer.Content.ReadFromJsonAsync<DeadLetterReplay>(Token));

        await CoreHost.UntilAsync(async () => (await ListAsync("topic=london-a11.sightings&state=open")).Count == 3, "all are open again");
        var letters = await ListAsync("topic=london-a11.sightings");
        Assert.Equal([0, 1, 1], letters.Select(l => l.Replays).Order());
        Assert.Equal(0, Assert.Single(letters, l => l.Reason.Contains("future", StringComparison.Ordinal)).Replays);
    }

    [Theory]
    [InlineData("state=lost", "state must be one of open")]
    [InlineData("from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z", "from must be before to")]
    [InlineData("limit=0", "limit is 0")]
    public async Task A_filter_that_is_wrong_is_told(string query, string said)
    {
        using var answer = await core.Http.GetAsync(new Uri($"/api/dead-letters?{query}", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(said, (await answer.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    private async Task<DeadLetterView> LetterAsync(string query)
    {
        await CoreHost.UntilAsync(async () => (await ListAsync(query)).Count > 0, $"a dead letter with {query}");
        return (await ListAsync(query))[0];
    }

    private async Task<IReadOnlyList<DeadLetterView>> ListAsync(string query) => (await core.Http.GetFromJsonAsync<Page<DeadLetterView>>($"/api/dead-letters?{query}", Token))!.Items;

    private async Task<DeadLetterView> GetAsync(Guid id) => (await core.Http.GetFromJsonAsync<DeadLetterDetail>($"/api/dead-letters/{id}", Token))!.Letter;

    private Task StateAsync(Guid id, string state) => CoreHost.UntilAsync(async () => (await GetAsync(id)).State == state, $"the letter is {state}");

    private async Task<HttpStatusCode> PostAsync(string path, object? body = null)
    {
        using var answer = body is null ? await core.Http.PostAsync(new Uri(path, UriKind.Relative), null, Token) : await core.Http.PostAsync(new Uri(path, UriKind.Relative), JsonContent.Create(body, body.GetType()), Token);
        return answer.StatusCode;
    }
}
