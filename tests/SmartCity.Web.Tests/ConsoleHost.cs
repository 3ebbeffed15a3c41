using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults;

namespace SmartCity.Web.Tests;

/// <summary>The console as it is served, for a person who may do everything, and a core that is away unless the settings name one.</summary>
internal sealed class ConsoleHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ConsoleHost(WebApplication app)
    {
        _app = app;
        Http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public HttpClient Http { get; }

    public static async Task<ConsoleHost> StartAsync(params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(ConsoleModule).Assembly.GetName().Name });
        builder.Configuration.AddInMemoryCollection([
            new("urls", "http://127.0.0.1:0"),
            new("Core:Address", "http://127.0.0.1:1"),
            new("Console:CoreKey", "a key that no core has ever seen"),
        ]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)));
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.AddConsole();
        builder.Services.AddAuthentication(Everybody.Name).AddScheme<AuthenticationSchemeOptions, Everybody>(Everybody.Name, null);
        var app = builder.Build();
        app.MapConsole();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ConsoleHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private sealed class Everybody(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        public const string Name = "everybody";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var person = new ClaimsPrincipal(new ClaimsIdentity(Contracts.Api.Scope.All.Select(s => new Claim(Contracts.Api.Scope.Claim, s)), Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(person, Name)));
        }
    }
}
