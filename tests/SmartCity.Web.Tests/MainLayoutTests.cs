using System.Net;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Health;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Layout;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class MainLayoutTests : BunitContext
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 8, 15, 0, TimeSpan.Zero));
    private readonly FakeCore _core = new();
    private readonly List<bool> _background = [];
    private HttpStatusCode _session = HttpStatusCode.OK;

    public MainLayoutTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        this.AddAuthorization().SetAuthorized("you").SetClaims(new System.Security.Claims.Claim(SignedInUser.TokenClaim, "token"));
        _core.Answers("GET /api/city", () => new CityView("london", "London", "GB", "Europe/London"));
        _core.Answers("GET /api/access/me", () => new AccountView("you", [], [], false));
        Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        Services.AddHttpClient(CoreClient.Handlers).ConfigurePrimaryHttpMessageHandler(() => new Session(this));
        Services.AddMudServices();
        Services.AddSingleton<TimeProvider>(_time);
        Services.AddSingleton<CityDays>();
        Services.AddSingleton(provider => new SignedInUser(new HttpContextAccessor(), provider.GetRequiredService<AuthenticationStateProvider>()));
        Services.AddSingleton(provider =>
        {
            var user = provider.GetRequiredService<SignedInUser>();
            return CoreClient.For(provider, user.TokenAsync, user.SayEnded);
        });
        Services.AddSingleton(provider => new LiveConnection(
            provider, Options.Create(new ConsoleOptions()), new WorkerHealth(_time), _time, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<LiveConnection>.Instance));
        Services.AddScoped<OwnLive>();
    }

    [Fact]
    public void An_open_page_whose_session_has_ended_shows_nothing_more_and_asks_to_sign_in()
    {
        RenderFragment body = page => page.AddMarkupContent(0, "<p>AB12 CDE</p>");
        var layout = Render<MainLayout>(p => p.Add(l => l.Body, body));
        _time.Advance(TimeSpan.Zero);
        layout.WaitForAssertion(() => Assert.Equal([false], _background));

        _time.Advance(TimeSpan.FromMinutes(1));
        layout.WaitForAssertion(() => Assert.Equal([false, true], _background));
        Assert.Contains("AB12 CDE", layout.Markup, StringComparison.Ordinal);

        _session = HttpStatusCode.Unauthorized;
        _time.Advance(TimeSpan.FromMinutes(1));
        layout.WaitForAssertion(() => Assert.DoesNotContain("AB12 CDE", layout.Markup, StringComparison.Ordinal));
        layout.WaitForAssertion(() => Assert.Contains("sign-in?expired=1", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal));
    }

    private sealed class Session(MainLayoutTests test) : DelegatingHandler(test._core)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath != "/api/access/me")
            {
                return await base.SendAsync(request, cancellationToken);
            }

            test._background.Add(request.Headers.Contains(BackgroundCall.Header));
            return test._session == HttpStatusCode.OK ? await base.SendAsync(request, cancellationToken) : new HttpResponseMessage(test._session);
        }
    }
}
