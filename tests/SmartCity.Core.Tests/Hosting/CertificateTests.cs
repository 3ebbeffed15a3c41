using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Certificates;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Tests.Hosting;

/// <summary>A certificate is renewed, or taken anew from its files, while the process runs.</summary>
public sealed class CertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("smartcity-certificates");
    private readonly Lines _log = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string CertificateFile => Path.Combine(_folder.FullName, "certificate.pem");

    private string KeyFile => Path.Combine(_folder.FullName, "certificate-key.pem");

    [Fact]
    public async Task One_that_is_made_here_is_made_anew_before_it_ends_without_a_restart()
    {
        var first = OwnCertificate.Ensure(_folder.FullName, ["127.0.0.1"], _time.GetUtcNow()).Fingerprint;
        await using var app = await StartAsync(new CertificateRenewal(now => OwnCertificate.Ensure(_folder.FullName, ["127.0.0.1"], now)));
        Assert.Equal(first, await SeenAsync(app));

        Pass(TimeSpan.FromDays(360));
        await CoreHost.UntilAsync(() => Task.FromResult(State(app) is { State: WorkerState.Healthy } report && report.At == _time.GetUtcNow()), "it has looked");
        Assert.Equal(first, await SeenAsync(app));

        Pass(TimeSpan.FromDays(10));
        await CoreHost.UntilAsync(async () => await SeenAsync(app) != first, "the new one is served");

        var second = await SeenAsync(app);
        await CoreHost.UntilAsync(() => Task.FromResult(State(app) is { State: WorkerState.Healthy, Detail: { } detail } && detail.Contains(second, StringComparison.Ordinal)), "health names it");
        Assert.Contains(_log.Written, l => l.Contains(second, StringComparison.Ordinal) && l.Contains(CertificateFile, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_somebody_puts_there_is_taken_and_one_that_has_ended_shows_in_health()
    {
        Write(_time.GetUtcNow().AddDays(10));
        await using var app = await StartAsync();
        var first = await SeenAsync(app);

        Pass(TimeSpan.FromDays(11));
        await CoreHost.UntilAsync(() => Task.FromResult(State(app) is { State: WorkerState.Degraded, Detail: { } detail } && detail.Contains("ended on", StringComparison.Ordinal) && detail.Contains(CertificateFile, StringComparison.Ordinal)), "health says that it has ended");

        // Half of a pair, as while somebody copies: the one before goes on.
        var key = await File.ReadAllTextAsync(KeyFile, Token);
        Write(_time.GetUtcNow().AddDays(90));
        await File.WriteAllTextAsync(KeyFile, key, Token);
        _time.Advance(TimeSpan.FromMinutes(1));
        await CoreHost.UntilAsync(() => Task.FromResult(State(app)!.Detail!.Contains("cannot be used", StringComparison.Ordinal)), "health says that it cannot be used");
        Assert.Equal(first, await SeenAsync(app));

        Write(_time.GetUtcNow().AddDays(90));
        _time.Advance(TimeSpan.FromMinutes(1));
        await CoreHost.UntilAsync(async () => await SeenAsync(app) != first && State(app) is { State: WorkerState.Healthy }, "the new one is served");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // At once, and then the minute after which it looks again.
    private void Pass(TimeSpan span)
    {
        _time.AdjustTime(_time.GetUtcNow() + span);
        _time.Advance(TimeSpan.FromMinutes(1));
    }

    private static WorkerReport? State(WebApplication app) => app.Services.GetRequiredService<WorkerHealth>().Reports.SingleOrDefault(r => r.Name == "certificate");

    private async Task<WebApplication> StartAsync(params CertificateRenewal[] renewals)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "https://127.0.0.1:0",
            ["Kestrel:Certificates:Default:Path"] = CertificateFile,
            ["Kestrel:Certificates:Default:KeyPath"] = KeyFile,
        });
        builder.Services.AddSingleton<TimeProvider>(_time);
        foreach (var renewal in renewals)
        {
            builder.Services.AddSingleton(renewal);
        }

        builder.AddServiceDefaults();
        var app = builder.Build();
        await app.StartAsync(Token);
        return app;
    }

    // What a browser sees when it connects.
    private static async Task<string> SeenAsync(WebApplication app)
    {
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, Token);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1" }, Token);
        return CertificateFiles.Fingerprint(X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.Export(X509ContentType.Cert)));
    }

    private void Write(DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(until.AddDays(-100), until);
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
