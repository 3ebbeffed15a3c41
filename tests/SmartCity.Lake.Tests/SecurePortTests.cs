using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SmartCity.Core.Tests.Database;
using SmartCity.Lake.Relay;
using SmartCity.ServiceDefaults.Certificates;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Lake.Tests;

/// <summary>The port that takes encrypted connections alone: for the core, for dashboards, and for Postgres itself.</summary>
public sealed class SecurePortTests(PostgresServer server) : IAsyncLifetime
{
    private readonly LakeCity _city = new(server);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lake-secure");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string CertificateFile => Path.Combine(_folder.FullName, "tls.crt");

    private string KeyFile => Path.Combine(_folder.FullName, "tls.key");

    public ValueTask InitializeAsync()
    {
        // Postgres reads the authority there, as a user of its own.
        if (!OperatingSystem.IsWindows())
        {
            _folder.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        }

        return _city.InitializeAsync();
    }

    [Fact]
    public async Task It_refuses_what_is_in_the_clear_and_is_refused_by_who_trusts_another()
    {
        var authority = Write("localhost");
        using var host = await _city.StartAsync(new() { ["Lake:SecurePort"] = "0" }, more: Serve);
        var relay = host.Services.GetRequiredService<RelayServer>();
        var port = (await relay.ListeningSecurely).Port;
        var settings = new NpgsqlConnectionStringBuilder(_city.ConnectionString("ada")) { Host = "localhost", Port = port, SslMode = SslMode.VerifyFull, RootCertificate = authority };
        await using (var connection = new NpgsqlConnection(settings.ConnectionString))
        {
            await connection.OpenAsync(Token);
            await using var command = new NpgsqlCommand("select count(*) from city.sightings where day >= date '2000-01-01'", connection);
            Assert.Equal(100L, await command.ExecuteScalarAsync(Token));
        }

        settings.SslMode = SslMode.Disable;
        Assert.Equal("28000", (await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(settings))).SqlState);
        settings.SslMode = SslMode.VerifyFull;
        settings.Host = "127.0.0.1";
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => OpenAsync(settings));
        (settings.Host, settings.RootCertificate) = ("localhost", Write("localhost", Path.Combine(_folder.FullName, "another")));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => OpenAsync(settings));

        // The other port is as it was.
        using var plain = await Wire.ConnectAsync(await relay.Listening, "ada", _city.Database, Token);
        Assert.Null((await plain.QueryAsync("select 1", Token)).Error);
        await host.StopAsync(Token);

        static async Task OpenAsync(NpgsqlConnectionStringBuilder settings)
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(Token);
        }
    }

    [Fact]
    public async Task Postgres_reaches_the_lake_there_when_it_is_the_lake_and_not_otherwise()
    {
        var authority = Write("localhost");
        var port = Free();
        var settings = new Dictionary<string, string?>
        {
            ["Lake:SecurePort"] = port.ToString(CultureInfo.InvariantCulture),
            ["Lake:ForeignAddress"] = $"localhost:{port}",
            ["Lake:ForeignAuthorityFile"] = authority,
        };
        using (var host = await _city.StartAsync(settings, more: Serve))
        {
            Assert.Superset(new HashSet<string>([$"port={port}", "sslmode=verify-full", $"sslrootcert={authority}"]), (await OptionsAsync()).ToHashSet());
            await host.StopAsync(Token);
        }

        // Another authority's, and another's name.
        foreach (var (name, trusted) in new[] { ("localhost", Path.Combine(_folder.FullName, "another.crt")), ("elsewhere", CertificateFile) })
        {
            Write("localhost", Path.Combine(_folder.FullName, "another"));
            Write(name);
            settings["Lake:ForeignAuthorityFile"] = trusted;
            using var host = await _city.StartAsync(settings, more: Serve, isWhole: false);
            var health = host.Services.GetRequiredService<WorkerHealth>();
            while (health.Reports.Single(r => r.Name == "lake-schema") is not { State: WorkerState.Degraded })
            {
                await Task.Delay(20, Token);
            }

            Assert.Contains("Postgres does not reach the lake", health.Reports.Single(r => r.Name == "lake-schema").Detail, StringComparison.Ordinal);
            await host.StopAsync(Token);
        }

        // Where TLS is switched off again, nothing of it stays.
        using var off = await _city.StartAsync(new() { ["Lake:ForeignAddress"] = "127.0.0.1" });
        Assert.Superset(new HashSet<string>(["sslmode=prefer", "sslrootcert="]), (await OptionsAsync()).ToHashSet());
        await off.StopAsync(Token);

        async Task<string[]> OptionsAsync() => await _city.Postgres.ScalarAsync<string[]>("select srvoptions from pg_foreign_server where srvname = 'smartcity_lake'");
    }

    [Fact]
    public async Task Without_a_certificate_it_says_what_is_missing()
    {
        using var host = await _city.StartAsync(new() { ["Lake:SecurePort"] = "0" }, isWhole: false);
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => host.Services.GetRequiredService<RelayServer>().Listening);
        Assert.Contains("Kestrel:Certificates:Default:Path", fault.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _city.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // As AddServiceDefaults does where the settings name a certificate.
    private void Serve(IServiceCollection services)
    {
        services.AddSingleton(p => new ServedCertificate(new CertificateFiles(CertificateFile, KeyFile, null), [], p.GetRequiredService<WorkerHealth>(), TimeProvider.System, NullLogger<ServedCertificate>.Instance));
        services.AddHostedService(p => p.GetRequiredService<ServedCertificate>());
    }

    /// <returns>The file of its certificate, which is its own authority.</returns>
    private string Write(string name, string? file = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        File.WriteAllText(file is null ? CertificateFile : file + ".crt", certificate.ExportCertificatePem());
        File.WriteAllText(file is null ? KeyFile : file + ".key", key.ExportPkcs8PrivateKeyPem());
        return file is null ? CertificateFile : file + ".crt";
    }
}
