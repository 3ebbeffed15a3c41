using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace SmartCity.Deploy.Tests;

/// <summary>The product's own parts speak to each other by TLS, with certificates that the chart makes, cert-manager makes or somebody gives.</summary>
public sealed class InternalTlsTests
{
    private static readonly string[] Own = ["core", "lake", "web"];
    private static readonly int? ForTheGroupAlone = Convert.ToInt32("440", 8);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Installation> Installations => [.. Installation.All.Where(i => i.Chart == "smartcity")];

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Nobody_calls_another_part_in_the_clear_unless_it_was_asked_for(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var isOn = !values.Values.Contains("internalTls.mode=off", StringComparison.Ordinal);
        var text = (await Helm.TemplateAsync(values)).Output;
        Assert.Equal(!isOn, text.Contains($"http://{Helm.Release}-core", StringComparison.Ordinal));
        Assert.DoesNotContain($"http://{Helm.Release}-lake", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"http://{Helm.Release}-web", text, StringComparison.Ordinal);

        var containers = rendered.Pods.SelectMany(p => p.Spec.Containers).ToDictionary(c => c.Name);
        Assert.Equal(isOn ? $"https://{Helm.Release}-core:8443" : $"http://{Helm.Release}-core:8080", Value(containers["web"], "Core__Address"));
        Assert.Equal(isOn ? "/etc/smartcity-core-ca/ca.crt" : null, Value(containers["web"], "Trust__AuthorityFile"));
        Assert.Equal(isOn ? $"{Helm.Release}-core" : null, Value(containers["web"], "Trust__Hosts__0"));
        foreach (var container in Own.Where(containers.ContainsKey).Select(n => containers[n]))
        {
            var ports = container.Ports.ToDictionary(p => p.Name, p => p.ContainerPort);
            Assert.Equal(ports.ContainsKey("http") ? "8080" : "", Value(container, "ASPNETCORE_HTTP_PORTS"));
            Assert.Equal(ports.ContainsKey("https") ? "8443" : null, Value(container, "ASPNETCORE_HTTPS_PORTS"));
            Assert.Equal(ports.ContainsKey("https"), container.VolumeMounts.Any(m => m.MountPath == Path.GetDirectoryName(Value(container, "Kestrel__Certificates__Default__KeyPath"))));
            Assert.All([container.StartupProbe, container.ReadinessProbe, container.LivenessProbe], p => Assert.Equal(p.HttpGet.Port.Value == "https" ? "HTTPS" : "HTTP", p.HttpGet.Scheme));
            Assert.Equal(isOn && (container.Name != "web" || values.Values.Contains("reencrypt", StringComparison.Ordinal)), ports.ContainsKey("https"));
        }

        // Without TLS the core listens for nobody but an ingress that does not encrypt.
        var isForIngress = values.Values.Contains("apiHost", StringComparison.Ordinal) && !values.Values.Contains("reencrypt", StringComparison.Ordinal);
        Assert.Equal(!isOn || isForIngress, containers["core"].Ports.Any(p => p.Name == "http"));
        if (isOn)
        {
            var policy = rendered.Of<V1NetworkPolicy>().Single(n => n.Metadata.Name == $"{Helm.Release}-core");
            Assert.DoesNotContain(policy.Spec.Ingress, i => i.Ports.Any(p => p.Port.Value == "8080") && i.FromProperty.Any(f => f.PodSelector is not null));
        }

        if (containers.TryGetValue("lake", out var lake))
        {
            Assert.Equal(isOn ? $"{Helm.Release}-lake:5434" : $"{Helm.Release}-lake:5433", Value(containers["core"], "Core__Sql__Address"));
            Assert.Equal(Value(containers["core"], "Core__Sql__Address"), Value(lake, "Lake__ForeignAddress"));
            Assert.Equal(isOn ? "/etc/smartcity-lake-ca/ca.crt" : null, Value(containers["core"], "Core__Sql__AuthorityFile"));
            Assert.Equal(isOn ? "5434" : null, Value(lake, "Lake__SecurePort"));
        }
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task A_key_is_in_its_Secret_alone_and_only_its_own_service_can_read_it(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        Assert.All(rendered.Manifests.Where(m => m.Kind != "Secret"), m => Assert.DoesNotContain("PRIVATE KEY", m.Yaml.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain("PRIVATE KEY", (await Helm.TemplateAsync(values)).Output, StringComparison.Ordinal);
        foreach (var pod in rendered.Pods)
        {
            Assert.DoesNotContain(pod.Spec.Volumes ?? [], v => v.Secret?.SecretName == $"{Helm.Release}-internal-ca");
            foreach (var volume in (pod.Spec.Volumes ?? []).Where(v => v.Secret?.SecretName.EndsWith("-tls", StringComparison.Ordinal) is true && v.Name != "certificate"))
            {
                var name = Assert.Single(pod.Spec.Containers).Name;
                var isOwn = volume.Name == "tls";
                Assert.Equal(isOwn ? ["tls.crt", "tls.key"] : ["ca.crt"], volume.Secret.Items.Select(i => i.Key));
                Assert.Equal(isOwn, volume.Secret.SecretName.EndsWith($"{name}-tls", StringComparison.Ordinal));
                Assert.Equal(isOwn ? ForTheGroupAlone : null, volume.Secret.DefaultMode);
                Assert.True(pod.Spec.Containers[0].VolumeMounts.Single(m => m.Name == volume.Name).ReadOnlyProperty);
                Assert.True(pod.Spec.SecurityContext.RunAsNonRoot);
            }
        }
    }

    [Fact]
    public async Task The_certificates_that_the_chart_makes_are_good_for_their_services_names_alone()
    {
        var made = await GeneratedCertificates.MakeAsync("ingress.reencrypt=true");
        using var authority = X509Certificate2.CreateFromPem(made.Authority);
        var now = TimeProvider.System.GetLocalNow().DateTime;
        Assert.InRange(authority.NotAfter, now.AddDays(3600), now.AddDays(3700));
        foreach (var name in Own)
        {
            using var certificate = X509Certificate2.CreateFromPem(made.Certificate(name), made.Key(name));
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            Assert.True(chain.Build(certificate));
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames();
            var own = $"{Helm.Release}-{name}";
            Assert.Equal([own, $"{own}.default", $"{own}.default.svc", $"{own}.default.svc.cluster.local"], names);
            Assert.InRange(certificate.NotAfter, now.AddDays(1800), authority.NotAfter);
        }
    }

    [Fact]
    public async Task An_upgrade_keeps_the_certificates_that_the_cluster_has_and_renews_those_that_are_due()
    {
        await using var cluster = await Cluster.StartAsync();
        var first = await cluster.InstallAsync("");
        Assert.Equal(Texts(first), Texts(await cluster.InstallAsync("")));

        // One that is new gets its own, from the same authority, and the others stay.
        var more = await cluster.InstallAsync("ingress.reencrypt=true");
        Assert.Equal(Texts(first), Texts(more).Where(t => !t.StartsWith($"{Helm.Release}-web-tls", StringComparison.Ordinal)));
        Assert.Equal(first.Authority, GeneratedCertificates.Text(more.Secrets.Single(s => s.Metadata.Name == $"{Helm.Release}-web-tls"), "ca.crt"));

        // One whose time has come, and one that is for other names.
        cluster.Change($"{Helm.Release}-core-tls", "smartcity/renew-after", TimeProvider.System.GetUtcNow().AddDays(-1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        cluster.Change($"{Helm.Release}-lake-tls", "smartcity/names", "another");
        var renewed = await cluster.InstallAsync("ingress.reencrypt=true");
        Assert.Equal(first.Authority, renewed.Authority);
        Assert.NotEqual(first.Certificate("core"), renewed.Certificate("core"));
        Assert.NotEqual(first.Certificate("lake"), renewed.Certificate("lake"));
        Assert.Equal(more.Certificate("web"), renewed.Certificate("web"));
        Assert.Equal(first.Restarts, renewed.Restarts);

        // With a new authority all get new certificates, and the pods start anew.
        cluster.Change($"{Helm.Release}-internal-ca", "smartcity/renew-after", "1");
        var anew = await cluster.InstallAsync("ingress.reencrypt=true");
        Assert.NotEqual(first.Authority, anew.Authority);
        Assert.All(Own, n => Assert.NotEqual(renewed.Certificate(n), anew.Certificate(n)));
        Assert.Distinct([first.Restarts, anew.Restarts]);

        static IEnumerable<string> Texts(GeneratedCertificates made) => made.Secrets.SelectMany(s => s.Data.Select(d => $"{s.Metadata.Name} {d.Key} {Encoding.UTF8.GetString(d.Value)}")).Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("internalTls.mode=certManager,ingress.reencrypt=true", "site-internal", "Issuer")]
    [InlineData("internalTls.mode=certManager,ingress.reencrypt=true,internalTls.certManager.issuer.name=city,internalTls.certManager.issuer.kind=ClusterIssuer", "city", "ClusterIssuer")]
    public async Task Cert_manager_makes_a_certificate_for_each_service_in_the_Secret_that_it_mounts(string values, string issuer, string kind)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", "--set " + values));
        var issuers = rendered.Manifests.Where(m => m.Kind == "Issuer").ToDictionary(m => m.Name, m => CertManager.Issuer.Read(m.Yaml));
        var certificates = rendered.Manifests.Where(m => m.Kind == "Certificate").Select(m => CertManager.Certificate.Read(m.Yaml)).ToList();
        var own = certificates.Where(c => !c.IsAuthority).ToList();

        Assert.Equal(Own, own.Select(c => c.SecretName[$"{Helm.Release}-".Length..^"-tls".Length]).Order());
        Assert.All(own, c => Assert.Equal((issuer, kind, "cert-manager.io"), (c.IssuerRef.Name, c.IssuerRef.Kind, c.IssuerRef.Group)));
        Assert.All(own, c => Assert.Contains(c.SecretName[..^"-tls".Length], c.DnsNames!));
        var mounted = rendered.Pods.SelectMany(p => p.Spec.Volumes ?? []).Where(v => v.Name == "tls").Select(v => v.Secret.SecretName);
        Assert.Equal(own.Select(c => c.SecretName).Order(), mounted.Order());
        if (kind == "ClusterIssuer")
        {
            Assert.Empty(issuers);
            Assert.DoesNotContain(certificates, c => c.IsAuthority);
            return;
        }

        var authority = certificates.Single(c => c.IsAuthority);
        Assert.NotNull(issuers[authority.IssuerRef.Name].SelfSigned);
        Assert.Equal(authority.SecretName, issuers[issuer].Ca!.SecretName);
        Assert.Equal("Never", authority.PrivateKey.RotationPolicy);
    }

    [Theory]
    [InlineData("--set internalTls.generateAnew=true,", "site-core-tls")]
    [InlineData("--set internalTls.mode=secret,internalTls.secrets.core=a,internalTls.secrets.lake=b,internalTls.secrets.web=c,", "a")]
    public async Task An_ingress_that_encrypts_knows_whose_certificate_it_must_see(string values, string secret)
    {
        var ingresses = (await Helm.RenderAsync(new Installation("smartcity", values + "ingress.reencrypt=true,apiHost=api.example.org"))).Of<V1Ingress>().ToDictionary(i => i.Metadata.Name);
        Assert.Equal(2, ingresses.Count);
        foreach (var (name, ingress) in ingresses)
        {
            Assert.Equal("https", ingress.Spec.Rules[0].Http.Paths[0].Backend.Service.Port.Name);
            Assert.Equal(("HTTPS", "on", "on", name), (Annotation("backend-protocol"), Annotation("proxy-ssl-verify"), Annotation("proxy-ssl-server-name"), Annotation("proxy-ssl-name")));

            string Annotation(string key) => ingress.Metadata.Annotations[$"nginx.ingress.kubernetes.io/{key}"];
        }

        Assert.Equal($"default/{secret}", ingresses[$"{Helm.Release}-core"].Metadata.Annotations["nginx.ingress.kubernetes.io/proxy-ssl-secret"]);
    }

    [Fact]
    public async Task A_Route_that_encrypts_holds_the_authority()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", "-f values-openshift.yaml --set internalTls.generateAnew=true,ingress.reencrypt=true,apiHost=api.example.org"));
        var authority = GeneratedCertificates.Of(rendered).Authority;
        var routes = rendered.Manifests.Where(m => m.Kind == "Route").ToList();
        Assert.Equal(2, routes.Count);
        Assert.All(routes, r => Assert.Equal(("reencrypt", authority.Trim(), "https"), (r.Yaml["spec"]["tls"]["termination"].ToString(), r.Yaml["spec"]["tls"]["destinationCACertificate"].ToString().Trim(), r.Yaml["spec"]["port"]["targetPort"].ToString())));
        var plain = await Helm.RenderAsync(new Installation("smartcity", "-f values-openshift.yaml --set internalTls.generateAnew=true,apiHost=api.example.org"));
        Assert.All(plain.Manifests.Where(m => m.Kind == "Route"), r => Assert.Equal(("edge", "http"), (r.Yaml["spec"]["tls"]["termination"].ToString(), r.Yaml["spec"]["port"]["targetPort"].ToString())));
    }

    [Theory]
    [InlineData("--set grafana.enabled=true,superset.enabled=true,superset.image=registry.example.org/superset:5.0.0", "/projected/smartcity-lake-ca/ca.crt")]
    [InlineData("-f values-trial.yaml --set grafana.enabled=true,superset.enabled=true,superset.image=registry.example.org/superset:5.0.0", "/etc/smartcity-lake-ca/ca.crt")]
    public async Task Whoever_asks_the_lake_knows_that_it_is_the_lake(string values, string atPostgres)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", values));
        var containers = rendered.Pods.SelectMany(p => p.Spec.Containers).ToDictionary(c => c.Name);
        Assert.Equal(atPostgres, Value(containers["lake"], "Lake__ForeignAuthorityFile"));
        Assert.Equal("&sslmode=verify-full&sslrootcert=/etc/smartcity-lake-ca/ca.crt", Value(containers["superset"], "LAKE_OPTIONS"));
        var source = rendered.Of<V1ConfigMap>().Single(c => c.Metadata.Name == $"{Helm.Release}-grafana").Data["source.yaml"];
        Assert.All(["sslmode: verify-full", "tlsConfigurationMethod: file-path", "sslRootCertFile: /etc/smartcity-lake-ca/ca.crt"], l => Assert.Contains(l, source, StringComparison.Ordinal));
        Assert.All(["core", "grafana", "superset"], n => Assert.Contains(containers[n].VolumeMounts, m => m.MountPath == "/etc/smartcity-lake-ca"));
        if (rendered.Manifests.SingleOrDefault(m => m.Kind == "Cluster") is { } cluster)
        {
            var secret = Assert.Single(CloudNativePg.Cluster.Read(cluster.Yaml).ProjectedVolumeTemplate!.Sources).Secret;
            Assert.Equal(($"{Helm.Release}-lake-tls", true, "ca.crt", atPostgres), (secret.Name, secret.Optional, Assert.Single(secret.Items).Key, "/projected/" + secret.Items[0].Path));
        }
        else
        {
            Assert.Contains(containers["postgres"].VolumeMounts, m => m.MountPath == Path.GetDirectoryName(atPostgres));
        }
    }

    internal static string? Value(V1Container container, string name) => container.Env.SingleOrDefault(e => e.Name == name)?.Value;

    /// <summary>What Helm asks of a cluster, and no more: Secrets, which an installation leaves there.</summary>
    private sealed class Cluster(WebApplication app, DirectoryInfo folder) : IAsyncDisposable
    {
        private readonly Dictionary<string, V1Secret> _secrets = new() { ["smartcity"] = new V1Secret { ApiVersion = "v1", Kind = "Secret", Metadata = new V1ObjectMeta { Name = "smartcity" } } };

        public static async Task<Cluster> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var cluster = new Cluster(app, Directory.CreateTempSubdirectory("smartcity-cluster"));
            app.MapGet("/api/v1", () => Results.Text("""{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"secrets","singularName":"secret","namespaced":true,"kind":"Secret","verbs":["get"]}]}""", "application/json"));
            app.MapGet("/api/v1/namespaces/default/secrets/{name}", (string name) => cluster._secrets.TryGetValue(name, out var secret)
                ? Results.Text(k8s.KubernetesJson.Serialize(secret), "application/json")
                : Results.Text("""{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}""", "application/json", statusCode: 404));
            await app.StartAsync(Token);
            await File.WriteAllTextAsync(cluster.Settings, $"{{apiVersion: v1, kind: Config, clusters: [{{name: c, cluster: {{server: \"{app.Urls.Single()}\"}}}}], users: [{{name: u, user: {{}}}}], contexts: [{{name: x, context: {{cluster: c, user: u}}}}], current-context: x}}", Token);
            return cluster;
        }

        public async Task<GeneratedCertificates> InstallAsync(string values)
        {
            var (status, output, errors) = await Helm.TemplateAsync(new Installation("smartcity", $"--set internalTls.mode=generated,{values}".TrimEnd(',')), "--dry-run=server", "--kubeconfig", Settings);
            Assert.True(status == 0, errors);
            var made = GeneratedCertificates.Of(Rendered.Parse(output));
            foreach (var secret in made.Secrets)
            {
                _secrets[secret.Metadata.Name] = secret;
            }

            return made;
        }

        public void Change(string secret, string annotation, string value) => _secrets[secret].Metadata.Annotations[annotation] = value;

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            folder.Delete(recursive: true);
        }

        private string Settings => Path.Combine(folder.FullName, "kubeconfig");
    }
}

/// <summary>What the chart makes in mode generated.</summary>
/// <param name="Restarts">What the pods' annotations say of the authority.</param>
internal sealed record GeneratedCertificates(IReadOnlyList<V1Secret> Secrets, string Restarts)
{
    public string Authority => Text(Secrets.Single(s => s.Metadata.Name == $"{Helm.Release}-internal-ca"), "tls.crt");

    public static async Task<GeneratedCertificates> MakeAsync(string values = "") =>
        Of(await Helm.RenderAsync(new Installation("smartcity", $"--set internalTls.generateAnew=true,{values}".TrimEnd(','))));

    public static GeneratedCertificates Of(Rendered rendered) => new(
        [.. rendered.Of<V1Secret>()],
        Assert.Single(rendered.Of<V1Deployment>().Where(d => d.Metadata.Name is $"{Helm.Release}-core" or $"{Helm.Release}-web" or $"{Helm.Release}-lake").Select(d => d.Spec.Template.Metadata.Annotations["smartcity/authority"]).Distinct()));

    public static string Text(V1Secret secret, string key) => Encoding.UTF8.GetString(secret.Data[key]);

    public string Certificate(string service) => Text(Secret(service), "tls.crt");

    public string Key(string service) => Text(Secret(service), "tls.key");

    private V1Secret Secret(string service) => Secrets.Single(s => s.Metadata.Name == $"{Helm.Release}-{service}-tls");
}
