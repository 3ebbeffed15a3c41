using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Bricks;
using SmartCity.Bricks.Http;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Webhooks;

namespace SmartCity.Core.Tests.Alerts;

public sealed class WebhookTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Secret = "a secret of some length";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_delivery_is_signed_and_tried_again_until_it_is_taken()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = n => Task.FromResult(n < 3 ? 500 : 204);
        var webhook = await AddAsync(receiver.Url);
        var alert = await AlertAsync("WH01AAA");

        var delivery = await DeliveryAsync(webhook.Id, d => d.State == "delivered");

        Assert.Equal([500, 500, 204], delivery.Attempts.Select(a => a.Status ?? 0));
        Assert.All(receiver.Received, r =>
        {
            Assert.Equal(Signature(Secret, r.Headers, r.Body), r.Headers[WebhookSignature.SignatureHeader]);
            Assert.Equal(delivery.Id.ToString(), r.Headers[WebhookSignature.DeliveryHeader]);
        });
        Assert.Equal(alert.Id, JsonSerializer.Deserialize<AlertView>(receiver.Received.Last().Body, JsonSerializerOptions.Web)!.Id);
        await RemoveAsync(webhook);
    }

    [Fact]
    public async Task A_flow_behind_an_address_takes_alerts_and_tests_as_events()
    {
        var taken = new ConcurrentQueue<CloudEvent<JsonElement>>();
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.MapFlow("/", new Flow<JsonElement>((e, _) =>
        {
            taken.Enqueue(e);
            return ValueTask.FromResult(Result.Done);
        }));
        await app.StartAsync(Token);
        var webhook = await AddAsync(new Uri(app.Urls.Single()));
        var alert = await AlertAsync("WH08AAA");
        await DeliveryAsync(webhook.Id, d => d.State == "delivered");
        Assert.Equal(204, (await TestAsync(webhook.Id)).Status);

        var e = taken.First();
        Assert.Equal((alert.Id.ToString(), "/core/alerts", "alert.raised", alert.StationId, (string?)null), (e.Id, e.Source, e.Type, e.Subject, e.Key));
        Assert.Equal(alert.RaisedAt, e.Time!.Value, TimeSpan.FromMicroseconds(1)); // which is as fine as Postgres keeps it
        Assert.Equal("WH08AAA", e.Data.GetProperty("plate").GetString());
        Assert.Equal("webhook.test", taken.Last().Type);
        await RemoveAsync(webhook);
    }

    [Fact]
    public async Task A_receiver_gets_the_priorities_and_lists_that_it_wants()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        using var answer = await core.Http.PostAsJsonAsync("/api/webhooks", new WebhookRequest("recovery", receiver.Url, Secret, LowestPriority: 2, Lists: [" recovery ", "recovery"]), Token);
        var webhook = (await answer.Content.ReadFromJsonAsync<WebhookView>(Token))!;
        Assert.Equal((2, "recovery"), (webhook.LowestPriority, Assert.Single(webhook.Lists!)));
        using var wrong = await core.Http.PostAsJsonAsync("/api/webhooks", new WebhookRequest("recovery", receiver.Url, Secret, LowestPriority: 6), Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);

        await AlertAsync("WH07AAA", 1);
        await AlertAsync("WH07AAB", 3, "recovery");
        var wanted = await AlertAsync("WH07AAC", 2, "recovery");

        await CoreHost.UntilAsync(() => Task.FromResult(!receiver.Received.IsEmpty), "the alert that is wanted");
        var page = (await core.Http.GetFromJsonAsync<Page<WebhookDeliveryView>>($"/api/webhooks/deliveries?webhook={webhook.Id}", Token))!;
        Assert.Equal(wanted.Id, Assert.Single(page.Items).AlertId);
        await RemoveAsync(webhook);
    }

    [Fact]
    public async Task A_receiver_that_hangs_holds_up_no_other_and_no_ingest()
    {
        await using var hanging = await WebhookReceiver.StartAsync();
        await using var quick = await WebhookReceiver.StartAsync();
        var released = new TaskCompletionSource();
        hanging.Answer = async _ =>
        {
            await released.Task;
            return 200;
        };
        var slow = await AddAsync(hanging.Url);
        var fast = await AddAsync(quick.Url);
        for (var i = 0; i < 6; i++)
        {
            await AlertAsync($"WH02AA{(char)('A' + i)}");
        }

        await CoreHost.UntilAsync(() => Task.FromResult(quick.Received.Select(r => r.Headers[WebhookSignature.DeliveryHeader].ToString()).Distinct().Count() == 6), "the quick receiver has all six");
        var waiting = await DeliveryAsync(slow.Id, d => d.Attempts.Count > 0);
        Assert.Contains("did not answer within 10 s", waiting.Attempts[0].Error, StringComparison.Ordinal);
        released.SetResult();
        await RemoveAsync(slow);
        await RemoveAsync(fast);
    }

    [Fact]
    public async Task After_a_day_a_delivery_is_dead_and_can_be_sent_again()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = _ => Task.FromResult(503);
        var webhook = await AddAsync(receiver.Url);
        await AlertAsync("WH03AAA");
        await DeliveryAsync(webhook.Id, d => d.Attempts.Count > 0);
        await core.Postgres.ExecuteAsync("update webhook_deliveries set first_at = first_at - interval '25 hours' where webhook_id = $1", webhook.Id);
        var dead = await DeliveryAsync(webhook.Id, d => d.State == "dead");
        Assert.Null(dead.NextAt);

        receiver.Answer = _ => Task.FromResult(200);
        using var resent = await core.Http.PostAsync(new Uri($"/api/webhooks/deliveries/{dead.Id}/resend", UriKind.Relative), null, Token);

        Assert.Equal(HttpStatusCode.Accepted, resent.StatusCode);
        await DeliveryAsync(webhook.Id, d => d.State == "delivered");
        await RemoveAsync(webhook);
    }

    [Theory]
    [InlineData("ftp://police.example/", Secret)]
    [InlineData("not an address", Secret)]
    [InlineData("http://police.example/", "short")]
    public async Task A_webhook_that_could_not_work_is_refused(string url, string secret)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/webhooks", new { name = "police", url, secret }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task The_secret_is_told_to_nobody()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var webhook = await AddAsync(receiver.Url);
        Assert.DoesNotContain(Secret, await core.Http.GetStringAsync(new Uri("/api/webhooks", UriKind.Relative), Token), StringComparison.Ordinal);
        await RemoveAsync(webhook);
    }

    [Fact]
    public async Task A_secret_that_the_core_made_up_is_told_once_and_a_test_is_signed_with_it()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = n => Task.FromResult(n == 1 ? 200 : 503);
        using var added = await core.Http.PostAsJsonAsync("/api/webhooks", new { name = "police", url = receiver.Url }, Token);
        var webhook = (await added.Content.ReadFromJsonAsync<WebhookView>(Token))!;
        Assert.DoesNotContain(webhook.Secret!, await core.Http.GetStringAsync("/api/webhooks", Token), StringComparison.Ordinal);

        var well = await TestAsync(webhook.Id);
        var (headers, body) = receiver.Received.Single();
        Assert.Equal((200, null), (well.Status, well.Error));
        Assert.True(JsonDocument.Parse(body).RootElement.GetProperty("test").GetBoolean());
        Assert.Equal(Signature(webhook.Secret!, headers, body), headers[WebhookSignature.SignatureHeader]);

        // A test is not tried again.
        Assert.Contains("503", (await TestAsync(webhook.Id)).Error, StringComparison.Ordinal);
        Assert.Equal(2, receiver.Received.Count);
        await RemoveAsync(webhook);
    }

    [Fact]
    public async Task A_secret_that_was_renewed_signs_from_then_on()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = _ => Task.FromResult(200);
        var webhook = await AddAsync(receiver.Url);

        using var answer = await core.Http.PostAsync($"/api/webhooks/{webhook.Id}/secret", null, Token);
        var secret = (await answer.Content.ReadFromJsonAsync<WebhookView>(Token))!.Secret!;

        await TestAsync(webhook.Id);
        var (headers, body) = receiver.Received.Single();
        Assert.Equal(Signature(secret, headers, body), headers[WebhookSignature.SignatureHeader]);
        Assert.DoesNotContain(secret, await core.Http.GetStringAsync("/api/audit?action=webhooks", Token), StringComparison.Ordinal);
        await RemoveAsync(webhook);
    }

    private static string Signature(string secret, IHeaderDictionary headers, byte[] body) =>
        WebhookSignature.Of(secret, long.Parse(headers[WebhookSignature.TimestampHeader]!, System.Globalization.CultureInfo.InvariantCulture), body);

    private async Task<WebhookAttemptView> TestAsync(Guid webhook)
    {
        using var answer = await core.Http.PostAsync($"/api/webhooks/{webhook}/test", null, Token);
        return (await answer.Content.ReadFromJsonAsync<WebhookAttemptView>(Token))!;
    }

    private async Task<WebhookView> AddAsync(Uri url)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/webhooks", new { name = "police", url, secret = Secret }, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<WebhookView>(Token))!;
    }

    private Task RemoveAsync(WebhookView webhook) => core.Http.DeleteAsync(new Uri($"/api/webhooks/{webhook.Id}", UriKind.Relative), Token);

    private Task<AlertView> AlertAsync(string plate, int priority = 1, string? list = null) => RaisedAlerts.RaiseAsync(core, plate, priority, list);

    private async Task<WebhookDeliveryView> DeliveryAsync(Guid webhook, Predicate<WebhookDeliveryView> until)
    {
        WebhookDeliveryView? found = null;
        await CoreHost.UntilAsync(
            async () => (found = (await core.Http.GetFromJsonAsync<Page<WebhookDeliveryView>>($"/api/webhooks/deliveries?webhook={webhook}", Token))!.Items.FirstOrDefault(d => until(d))) is not null,
            "the delivery");
        return found!;
    }
}
