using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Core.Secrets;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Webhooks;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>Where webhooks may go, and what the database knows of their secrets.</summary>
public class WebhookReachTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.0.0.7", false)]
    [InlineData("172.20.1.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)] // metadata of clouds
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2606:4700:4700::1111", true)]
    public void Only_addresses_of_the_internet_are_public(string address, bool isPublic) => Assert.Equal(isPublic, WebhookReach.IsPublic(IPAddress.Parse(address)));

    // By name too: the address is looked at when the connection is made.
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task A_receiver_on_this_machine_is_not_connected_to_unless_that_is_allowed(string host)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var address = new UriBuilder(receiver.Url) { Host = host }.Uri;
        using var strict = new HttpClient(WebhookReach.Handler(allowPrivate: false));
        using var open = new HttpClient(WebhookReach.Handler(allowPrivate: true));

        var (status, error) = await WebhookCall.SendAsync(strict, address, "secret", Guid.NewGuid(), [], TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(5), Token);
        Assert.Null(status);
        Assert.Contains("webhooks may not go", error, StringComparison.Ordinal);
        Assert.Equal(200, (await WebhookCall.SendAsync(open, receiver.Url, "secret", Guid.NewGuid(), [], TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(5), Token)).Status);
    }

    [Fact]
    public async Task Neither_secrets_of_webhooks_nor_passwords_of_cameras_are_in_the_database()
    {
        using var added = await core.Http.PostAsJsonAsync("/api/webhooks", new WebhookRequest("sealed", new Uri("http://127.0.0.1:1/"), "a secret that nobody may read"), Token);
        using var camera = await core.Http.PostAsJsonAsync("/api/setup/cameras", new NewCamera("sealed-n1", "london-a1", "rtsp://viewer:hunter2hunter2@10.0.0.5/stream"), Token);
        Assert.True(added.IsSuccessStatusCode && camera.IsSuccessStatusCode);

        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from webhooks w where w::text like '%nobody may read%'"));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from cameras c where c::text like '%hunter2%'"));
        Assert.Contains("hunter2hunter2", await core.Http.GetStringAsync("/api/edge/configuration?station=london-a1", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_version_before_wrote_as_it_was_is_sealed_at_the_next_start()
    {
        await core.Postgres.ExecuteAsync("update cameras set source = 'rtsp://viewer:letmeinplease@10.0.0.6/1' where id = 'a3-n1'");

        await new StoredSecrets(core.Postgres.DataSource, core.Services.GetRequiredService<CoreSecret>()).SeedAsync(Token);

        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from cameras c where c::text like '%letmein%'"));
        Assert.Contains("letmeinplease", await core.Http.GetStringAsync("/api/edge/configuration?station=london-a3", Token), StringComparison.Ordinal);
    }
}
