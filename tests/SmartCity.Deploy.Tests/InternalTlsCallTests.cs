using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartCity.Edge;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults;
using SmartCity.Web;
using SmartCity.Web.Core;

namespace SmartCity.Deploy.Tests;

/// <summary>With the certificates and the settings of the chart, console and edge speak to the core, and to nobody who is not the core.</summary>
public sealed class InternalTlsCallTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("smartcity-internal-tls");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Authority => Path.Combine(_folder.FullName, "ca.crt");

    [Fact]
    public async Task The_console_speaks_to_the_core_and_to_no_other_authoritys_and_to_no_other_service()
    {
        var web = (await Helm.RenderAsync(new Installation("smartcity", ""))).Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == "web");
        var made = await GeneratedCertificates.MakeAsync();
        var other = await GeneratedCertificates.MakeAsync();
        await File.WriteAllTextAsync(Authority, made.Authority, Token);

        await AcceptsAsync(made.Certificate("core"), made.Key("core"));
        await RefusesAsync(other.Certificate("core"), other.Key("core"));
        await RefusesAsync(made.Certificate("lake"), made.Key("lake"));

        // The file is read anew: a new authority is believed without a restart, and the one before is not.
        await using var core = await ServeAsync(made.Certificate("core"), made.Key("core"));
        await using var console = Console(web, core);
        using (await CallAsync(console))
        {
            await File.WriteAllTextAsync(Authority, other.Authority, Token);
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(console));
        await File.WriteAllTextAsync(Authority, made.Authority + other.Authority, Token);
        using var both = await CallAsync(console);
        Assert.Equal(HttpStatusCode.OK, both.StatusCode);

        // One that cannot be read vouches for nobody.
        File.Delete(Authority);
        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(console));

        async Task AcceptsAsync(string certificate, string key)
        {
            await using var core = await ServeAsync(certificate, key);
            await using var console = Console(web, core);
            using var response = await CallAsync(console);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        async Task RefusesAsync(string certificate, string key)
        {
            await using var core = await ServeAsync(certificate, key);
            await using var console = Console(web, core);
            var refused = await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(console));
            Assert.Equal(HttpRequestError.SecureConnectionError, refused.HttpRequestError);
            Assert.IsType<AuthenticationException>(refused.InnerException);
        }

        static Task<HttpResponseMessage> CallAsync(ServiceProvider console) => CoreClient.For(console, () => ValueTask.FromResult<string?>("a token")).EvidenceAsync("a/picture", Token);
    }

    [Fact]
    public async Task The_authority_vouches_for_the_hosts_that_the_settings_name_alone()
    {
        var web = (await Helm.RenderAsync(new Installation("smartcity", ""))).Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == "web");
        var made = await GeneratedCertificates.MakeAsync();
        await File.WriteAllTextAsync(Authority, made.Authority, Token);
        await using var core = await ServeAsync(made.Certificate("core"), made.Key("core"));
        await using var console = Console(web, core);

        // The certificate has this name too, and the console has no business there.
        using var client = console.GetRequiredService<IHttpClientFactory>().CreateClient(CoreClient.Handlers);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"https://{Helm.Release}-core.default.svc:8443/"), Token));
        Assert.Equal("yes", await client.GetStringAsync(new Uri($"https://{Helm.Release}-core:8443/"), Token));
    }

    [Fact]
    public async Task An_edge_in_the_cluster_speaks_to_the_core_with_each_of_its_clients()
    {
        var edge = (await Helm.RenderAsync(new Installation("smartcity-edge", $"--set station=london-a1,core=https://{Helm.Release}-core.default.svc:8443,coreApiCa=core-ca"))).Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == "edge");
        var made = await GeneratedCertificates.MakeAsync();
        var other = await GeneratedCertificates.MakeAsync();
        await File.WriteAllTextAsync(Authority, made.Authority, Token);
        var address = new Uri(InternalTlsTests.Value(edge, "Edge__Configuration__Address")!);

        // Receivers of a site's own have nothing to do with the core.
        var clients = typeof(EdgeModule).Assembly.GetTypes().Where(t => t.Name != "HotlistReceivers")
            .Select(t => t.GetField("Client", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string).OfType<string>().Distinct().ToList();
        Assert.True(clients.Count >= 5, string.Join(' ', clients));
        await using (var core = await ServeAsync(made.Certificate("core"), made.Key("core")))
        {
            await using var services = Services(edge, core, b => b.AddEdge());
            foreach (var name in clients)
            {
                using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient(name);
                Assert.Equal("yes", await client.GetStringAsync(address, Token));
            }
        }

        foreach (var (certificate, key) in new[] { (other.Certificate("core"), other.Key("core")), (made.Certificate("lake"), made.Key("lake")) })
        {
            await using var core = await ServeAsync(certificate, key);
            await using var services = Services(edge, core, b => b.AddEdge());
            foreach (var name in clients)
            {
                using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient(name);
                Assert.IsType<AuthenticationException>((await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(address, Token))).InnerException);
            }
        }
    }

    // The console itself, with every variable of the chart but its addresses: it serves https alone, and believes whom its system trusts, as before.
    [Fact]
    public async Task The_console_starts_with_what_the_chart_sets_and_still_trusts_what_its_system_trusts()
    {
        const string Variables = "internalTls.generateAnew=true,ingress.reencrypt=true";
        var rendered = await Helm.RenderAsync(new Installation("smartcity", $"--set {Variables}"));
        var made = GeneratedCertificates.Of(rendered);
        await File.WriteAllTextAsync(Authority, made.Authority, Token);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "tls.crt"), made.Certificate("web"), Token);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "tls.key"), made.Key("web"), Token);
        var system = _folder.CreateSubdirectory("system");
        var (certificate, key) = await PublicAsync(system);
        await using var core = await ServeAsync(certificate, key);
        var port = FreePorts.Take();

        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SmartCity.Web.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = AppContext.BaseDirectory };
        foreach (var variable in rendered.Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == "web").Env)
        {
            start.Environment[variable.Name] = variable.Value?.Replace("/etc/smartcity-tls", _folder.FullName, StringComparison.Ordinal).Replace("/etc/smartcity-core-ca", _folder.FullName, StringComparison.Ordinal).Replace("/var/lib/smartcity/keys", Path.Combine(_folder.FullName, "keys"), StringComparison.Ordinal) ?? "0123456789012345678901234567890123456789";
        }

        start.Environment["ASPNETCORE_HTTPS_PORTS"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        start.Environment["Core__Address"] = $"https://localhost:{core.Port}";
        start.Environment["SSL_CERT_DIR"] = system.FullName;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            var isCalled = await Task.WhenAny(core.Called, process.WaitForExitAsync(Token), Task.Delay(TimeSpan.FromMinutes(1), Token)) == core.Called;
            Assert.True(isCalled, process.HasExited ? await output + await errors : "The console did not call the core.");
            Assert.Equal("Bearer 0123456789012345678901234567890123456789", await core.Called);

            // Its own certificate is the chart's, and nothing is listened on in the clear.
            using var client = new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = (_, token) => ConnectAsync(port, token),
                SslOptions = { CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { X509Certificate2.CreateFromPem(made.Authority) }, RevocationMode = X509RevocationMode.NoCheck } },
            });
            // It calls the core before it listens.
            string? health = null;
            while (health is null)
            {
                try
                {
                    health = await client.GetStringAsync(new Uri($"https://{Helm.Release}-web:8443/health/live"), Token);
                }
                catch (HttpRequestException e) when (e.InnerException is SocketException && !process.HasExited)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), Token);
                }
            }

            Assert.Equal("Healthy", health);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        Assert.Equal(1, (await output).Split("Now listening on").Length - 1);
        Assert.DoesNotContain("Now listening on: http://", await output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private ServiceProvider Console(V1Container web, Served core) => Services(web, core, b => b.AddConsole());

    // What a container's variables make of a process, with the file where it is here, and every connection led to the core of the test.
    private ServiceProvider Services(V1Container container, Served core, Action<WebApplicationBuilder> add)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(container.Env.Where(e => e.Name is "Core__Address" || e.Name.StartsWith("Trust__", StringComparison.Ordinal)).Select(e => KeyValuePair.Create(e.Name.Replace("__", ":", StringComparison.Ordinal), (string?)e.Value)));
        builder.Configuration["Trust:AuthorityFile"] = Authority;
        builder.AddServiceDefaults();
        add(builder);
        builder.Services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler((handler, _) => ((SocketsHttpHandler)handler).ConnectCallback = (_, token) => ConnectAsync(core.Port, token)));
        return builder.Services.BuildServiceProvider();
    }

    private static async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A service as the chart sets it: Kestrel with a certificate in files, and https alone.</summary>
    private async Task<Served> ServeAsync(string certificate, string key)
    {
        var folder = _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.crt"), certificate, Token);
        await File.WriteAllTextAsync(Path.Combine(folder, "tls.key"), key, Token);
        var port = FreePorts.Take();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["http_ports"] = "",
            ["https_ports"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Kestrel:Certificates:Default:Path"] = Path.Combine(folder, "tls.crt"),
            ["Kestrel:Certificates:Default:KeyPath"] = Path.Combine(folder, "tls.key"),
        });
        builder.AddServiceDefaults();
        var app = builder.Build();
        var called = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        app.MapFallback((HttpContext context) =>
        {
            called.TrySetResult(context.Request.Headers.Authorization.ToString());
            context.Response.Headers.Connection = "close";
            return "yes";
        });
        await app.StartAsync(Token);
        Assert.All(app.Urls, u => Assert.StartsWith("https://", u, StringComparison.Ordinal));
        return new Served(app, port, called.Task);
    }

    // An authority that the system trusts, in the folder that says whom it does, and what it signed for this machine.
    private static async Task<(string Certificate, string Key)> PublicAsync(DirectoryInfo system)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=A public authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = TimeProvider.System.GetUtcNow();
        using var authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        await File.WriteAllTextAsync(Path.Combine(system.FullName, "public.pem"), authority.ExportCertificatePem(), Token);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        own.CertificateExtensions.Add(names.Build());
        own.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        own.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = own.Create(authority, now.AddDays(-1), now.AddDays(30), [1, 2, 3]);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <param name="Called">Whose word the first call brought.</param>
    private sealed record Served(WebApplication App, int Port, Task<string> Called) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
