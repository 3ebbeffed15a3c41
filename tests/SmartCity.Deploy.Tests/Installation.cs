using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Xunit.Sdk;

namespace SmartCity.Deploy.Tests;

/// <summary>A chart with values: a way in which somebody installs it.</summary>
public sealed record Installation(string Chart, string Values) : IParsable<Installation>, IFormattable
{
    private const string Station = "station=london-a1";
    private const string Function = "knative.functions[0].name=duty,knative.functions[0].image=registry.example.org/duty:1.0,knative.functions[0].topics={alerts,events},knative.functions[0].deadLetters=https://dead.example.org/";

    private const string Job = "spark.image=registry.example.org/spark:4.0.2,spark.jobs[0].name=flow,spark.jobs[0].schedule=@daily,spark.jobs[0].sql=select(1)";

    /// <summary>The chart's folder and the arguments of <c>helm template</c>.</summary>
    public static IReadOnlyList<Installation> All { get; } =
    [
        new("smartcity", ""),
        new("smartcity", "-f values-trial.yaml"),
        new("smartcity", "-f values-openshift.yaml --set apiHost=api.example.org"),
        new("smartcity", "--set kafka.mode=external,postgres.mode=external,core.autoscaling.mode=cpu,faces.enabled=true,otlpEndpoint=http://collector:4317,mail.host=smtp.example.org,mail.from=alerts@example.org,mail.user=alerts"),
        new("smartcity", "--set apiHost=api.example.org,core.autoscaling.mode=lag,kafka.strimzi.stations={london-a1,london-a3},web.replicas=2,web.keys.accessMode=ReadWriteMany"),
        new("smartcity", "--set trino.enabled=true,image.pullSecrets={pull},nodeSelector.disk=ssd --set-file city=cities/london.json"),
        new("smartcity", "--set grafana.enabled=true,superset.enabled=true,superset.image=registry.example.org/superset:5.0.0"),
        new("smartcity", "-f values-trial.yaml --set grafana.enabled=true,lake.tlsSecret=lake-tls"),
        new("smartcity", "--set postgres.cloudnativepg.recovery.enabled=true,postgres.cloudnativepg.recovery.cluster=old-postgres,postgres.instances=1"),
        new("smartcity", $"--set {Function},knative.functions[0].environment.CHAT=https://chat.example.org/hook"),
        new("smartcity", $"-f values-trial.yaml --set {Function}"),
        new("smartcity", "--set training.enabled=true,training.gpus.nvidia\\.com/gpu=1,training.nodeSelector.disk=fast,training.environment.Core__Models__Training__Rehearsal=2"),
        new("smartcity", "-f values-trial.yaml --set training.enabled=true"),
        new("smartcity", $"--set {Job}"),
        new("smartcity", $"-f values-trial.yaml --set {Job}"),
        new("smartcity", "--set internalTls.generateAnew=true,ingress.reencrypt=true,apiHost=api.example.org"),
        new("smartcity", "-f values-openshift.yaml --set internalTls.generateAnew=true,ingress.reencrypt=true,apiHost=api.example.org"),
        new("smartcity", "--set internalTls.mode=certManager,ingress.reencrypt=true,apiHost=api.example.org"),
        new("smartcity", "-f values-trial.yaml --set internalTls.mode=certManager,internalTls.certManager.issuer.name=city,internalTls.certManager.issuer.kind=ClusterIssuer,lake.enabled=false"),
        new("smartcity", "--set internalTls.mode=secret,internalTls.secrets.core=core-tls,internalTls.secrets.lake=lake-tls,postgres.mode=external,grafana.enabled=true,superset.enabled=true,superset.image=registry.example.org/superset:5.0.0"),
        new("smartcity", "--set internalTls.mode=off,apiHost=api.example.org"),
        new("smartcity", "-f values-trial.yaml --set internalTls.mode=off,grafana.enabled=true,lake.tlsSecret=lake-tls"),
        new("smartcity-edge", $"--set {Station}"),
        new("smartcity-edge", $"--set {Station},gpu.enabled=true,gpu.runtimeClassName=nvidia,nodeSelector.place=roadside"),
        new("smartcity-edge", $"--set {Station},mirror.mode=mirrormaker,coreCa=core-ca,openshift.enabled=true"),
        new("smartcity-edge", $"--set {Station},kafka.mode=external,mirror.mode=none,uploads=true,core=https://api.example.org,otlpEndpoint=http://collector:4317 --set-file city=cities/london.json"),
        new("smartcity-edge", $"--set {Station},core=https://api.example.org,faces.enabled=true,evidence.blurFaces=false,gpu.enabled=true"),
        new("smartcity-edge", $"--set {Station},core=https://city-core.city.svc:8443,coreApiCa=city-core"),
        new("smartcity-edge", $"--set {Station},core=https://api.example.org,hotlist.webhooks[0].address=http://room.example.org:7443/plates,hotlist.webhooks[0].secretKey=control-room"),
    ];

    /// <summary>As <c>helm</c> takes them, with files' full paths.</summary>
    internal IEnumerable<string> Arguments => Values.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a =>
        a.StartsWith("values-", StringComparison.Ordinal) ? Repository.File("deploy", "charts", Chart, a)
        : a.StartsWith("city=", StringComparison.Ordinal) ? $"city={Repository.File(a["city=".Length..])}"
        : a);

    public static Installation Parse(string s, IFormatProvider? provider) => TryParse(s, provider, out var result) ? result : throw new FormatException(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Installation result)
    {
        var space = s?.IndexOf(' ', StringComparison.Ordinal) ?? -1;
        result = s is null ? null : space < 0 ? new Installation(s, "") : new Installation(s[..space], s[(space + 1)..]);
        return result is not null;
    }

    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    public override string ToString() => $"{Chart} {Values}".TrimEnd();
}
