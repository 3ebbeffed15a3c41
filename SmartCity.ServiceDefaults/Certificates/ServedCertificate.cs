using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.ServiceDefaults.Certificates;

/// <summary>
/// The certificate of the https addresses, <c>Kestrel:Certificates:Default</c>: its files are looked at every minute, and connections get what they hold, without a
/// restart. Where SmartCity makes the certificate itself, it is made anew before it ends.
/// </summary>
public sealed class ServedCertificate(CertificateFiles files, IEnumerable<CertificateRenewal> renewals, WorkerHealth health, TimeProvider time, ILogger<ServedCertificate> logger) : BackgroundService
{
    private const string Worker = "certificate";

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly TakenCertificate _taken = new(files);

    /// <summary>What new connections get; null until it has been read for the first time.</summary>
    public SslStreamCertificateContext? Current => _taken.Current;

    /// <summary>Adds it where the settings name a certificate.</summary>
    internal static void Add(IHostApplicationBuilder builder)
    {
        var section = builder.Configuration.GetSection("Kestrel:Certificates:Default");
        if (section["Path"] is not { Length: > 0 } path)
        {
            return;
        }

        builder.Services.AddSingleton(new CertificateFiles(Path.GetFullPath(path, builder.Environment.ContentRootPath), section["KeyPath"] is { Length: > 0 } key ? Path.GetFullPath(key, builder.Environment.ContentRootPath) : null, section["Password"]));
        builder.Services.AddSingleton<ServedCertificate>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ServedCertificate>());
        builder.Services.AddOptions<KestrelServerOptions>().Configure<ServedCertificate>((kestrel, served) => kestrel.ConfigureHttpsDefaults(served.Use));
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Look();
        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => health.KeepAsync(Worker, RunAsync, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }

    // Kestrel has the certificate of its start; this takes its place for each connection.
    private void Use(HttpsConnectionAdapterOptions https) => https.OnAuthenticate = (_, options) => options.ServerCertificateContext = Current ?? options.ServerCertificateContext;

    private void Look()
    {
        var fault = "";
        try
        {
            foreach (var renewal in renewals)
            {
                renewal.Ensure(time.GetUtcNow());
            }

            Take();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            fault = $"The certificate in {files.Certificate} cannot be used: {e.Message} ";
        }

        Report(fault);
    }

    private void Take()
    {
        var isFirst = Current is null;
        if (_taken.Take() && !isFirst)
        {
            var certificate = Current!.TargetCertificate;
            logger.LogInformation("There is a new certificate: {File}, SHA-256 {Fingerprint}, until {End:yyyy-MM-dd HH:mm} UTC. New connections get it from now on.", files.Certificate, CertificateFiles.Fingerprint(certificate), certificate.NotAfter.ToUniversalTime());
        }
    }

    // Whoever opens a connection is warned by the browser, but is served.
    private void Report(string fault)
    {
        if (Current?.TargetCertificate is not { } certificate)
        {
            health.Degraded(Worker, fault.Trim());
            return;
        }

        var (now, from, to) = (time.GetUtcNow().UtcDateTime, certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        var wrong = now >= to ? $"The certificate in {files.Certificate} ended on {to:yyyy-MM-dd HH:mm} UTC, and browsers refuse it. Put a new one there; it is taken within a minute."
            : now < from ? $"The certificate in {files.Certificate} is good from {from:yyyy-MM-dd HH:mm} UTC on only, and browsers refuse it."
            : fault.Length > 0 ? "The one before is used until then."
            : "";
        if (fault.Length + wrong.Length > 0)
        {
            health.Degraded(Worker, fault + wrong);
        }
        else
        {
            health.Healthy(Worker, $"SHA-256 {CertificateFiles.Fingerprint(certificate)}, until {to:yyyy-MM-dd HH:mm} UTC");
        }
    }
}
