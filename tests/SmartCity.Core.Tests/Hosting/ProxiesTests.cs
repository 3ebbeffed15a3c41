using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Tests.Hosting;

/// <summary>Anybody can send X-Forwarded-For. Only a known proxy's word counts.</summary>
public class ProxiesTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("203.0.113.7", "127.0.0.1 http")]
    [InlineData("203.0.113.7", "127.0.0.1 http", "ForwardedHeaders_Enabled=true")]
    [InlineData("203.0.113.7", "127.0.0.1 http", "Proxies:Networks:0=10.0.0.0/8")]
    [InlineData("203.0.113.7", "127.0.0.1 http", "Proxies:Networks:0=")]
    [InlineData("203.0.113.7", "203.0.113.7 https", "Proxies:Networks:0=127.0.0.0/8")]
    [InlineData("203.0.113.7", "203.0.113.7 https", "Proxies:Networks:0=10.0.0.0/8", "Proxies:Networks:1=127.0.0.1")]
    [InlineData("198.51.100.1, 203.0.113.7", "203.0.113.7 https", "Proxies:Networks:0=127.0.0.1")]
    [InlineData("198.51.100.1, 203.0.113.7", "203.0.113.7 https", "Proxies:Networks:0=127.0.0.1", "ForwardedHeaders_Enabled=true")]
    [InlineData("198.51.100.1, 10.0.0.9", "10.0.0.9 https", "Proxies:Networks:0=127.0.0.1", "Proxies:Networks:1=10.0.0.0/8")]
    [InlineData("192.0.2.5, 198.51.100.1, 10.0.0.9", "198.51.100.1 https", "Proxies:Networks:0=127.0.0.1", "Proxies:Networks:1=10.0.0.0/8", "Proxies:Hops=2")]
    public async Task A_call_comes_from_where_a_known_proxy_says_and_else_from_where_it_came(string forwarded, string expected, params string[] settings)
    {
        await using var app = await StartAsync(settings);
        using var client = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", forwarded);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.example.org");

        Assert.Equal(expected, await client.GetStringAsync("/whence", Token));
    }

    [Fact]
    public async Task A_network_that_is_none_is_named_at_the_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(["Proxies:Networks:0=my proxy"]));

        Assert.Contains("Proxies:Networks has 'my proxy'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_guesses_a_password_is_counted_at_their_own_address_whatever_they_send()
    {
        var made = await Caller.MakeAsync(core, "forwarded", Role.Operator);
        using var nobody = Caller.Nobody(core);
        for (var i = 0; i < 6; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/access/sign-in") { Content = JsonContent.Create(new SignInRequest("forwarded", "wrong wrong wrong")) };
            request.Headers.Add("X-Forwarded-For", $"203.0.113.{i}");
            using var response = await nobody.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        using var locked = await nobody.Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest("forwarded", made.Password), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, locked.StatusCode);
        Assert.Equal("127.0.0.1", await core.Postgres.ScalarAsync<string>("select string_agg(distinct address, ' ') from sign_in_failures where lower(name) = 'forwarded'"));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from audit where concat(subject, details) like '%203.0.113.%'"));
    }

    private static async Task<WebApplication> StartAsync(string[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Prepend("urls=http://127.0.0.1:0").Select(s => KeyValuePair.Create(s[..s.IndexOf('=', StringComparison.Ordinal)], (string?)s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..])));
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        var app = builder.Build();
        app.MapGet("/whence", (HttpContext http) => $"{http.Connection.RemoteIpAddress} {http.Request.Scheme}");
        try
        {
            await app.StartAsync(Token);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return app;
    }
}
