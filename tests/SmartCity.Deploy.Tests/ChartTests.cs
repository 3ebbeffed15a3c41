using System.Text.RegularExpressions;
using k8s.Models;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Deploy.Tests;

/// <summary>What holds for the charts in each way to install them.</summary>
public sealed partial class ChartTests
{
    public static TheoryData<Installation> Installations => [.. Installation.All];

    [Theory]
    [InlineData("smartcity")]
    [InlineData("smartcity-edge", "--set", "station=london-a1")]
    public async Task Helm_finds_nothing_wrong(string chart, params string[] values)
    {
        var (status, output, errors) = await Helm.RunAsync(["lint", "--strict", Repository.File("deploy", "charts", chart), .. values]);
        Assert.True(status == 0, output + errors);
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_manifest_is_of_a_known_kind_with_known_fields_and_a_name_of_its_own(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        Assert.NotEmpty(rendered.Pods);
        Assert.Distinct(rendered.Manifests.Select(m => (m.Kind, m.Name)));
        // What is secret is somebody's own, but for the keys that the chart makes.
        Assert.All(rendered.Of<V1Secret>(), s => Assert.Matches($"^{Helm.Release}-(internal-ca|(core|lake|web)-tls)$", s.Metadata.Name));
        Assert.Equal(values.Chart == "smartcity" && !values.Values.Contains("internalTls.mode", StringComparison.Ordinal), rendered.Of<V1Secret>().Any());
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_container_is_pinned_probed_bounded_and_without_privileges(Installation values)
    {
        foreach (var pod in (await Helm.RenderAsync(values)).Pods)
        {
            Assert.True(pod.Spec.SecurityContext.RunAsNonRoot, pod.Name);
            Assert.Equal(!values.Values.Contains("openshift", StringComparison.Ordinal), pod.Spec.SecurityContext.RunAsUser > 0);
            Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
            Assert.False(pod.Spec.AutomountServiceAccountToken);
            foreach (var container in pod.Spec.Containers)
            {
                Assert.Matches(@"^[a-z0-9.-]+/[a-z0-9./-]+(:v?\d[\w.-]+|:RELEASE\.[\w-]+)$", container.Image);
                Assert.Equal(!pod.Ends, container.ReadinessProbe is not null && container.LivenessProbe is not null);
                Assert.Superset(new HashSet<string> { "cpu", "memory" }, container.Resources.Limits.Keys.ToHashSet());
                Assert.Superset(new HashSet<string> { "cpu", "memory" }, container.Resources.Requests.Keys.ToHashSet());
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem, container.Name);
                Assert.True(container.SecurityContext.RunAsNonRoot, container.Name);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation, container.Name);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task A_container_mounts_what_is_there_and_probes_a_port_that_it_opens(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        foreach (var pod in rendered.Pods)
        {
            var volumes = (pod.Spec.Volumes ?? []).Select(v => v.Name).Concat(pod.Claims).ToHashSet();
            foreach (var container in pod.Spec.Containers)
            {
                Assert.Superset((container.VolumeMounts ?? []).Select(m => m.Name).ToHashSet(), volumes);
                var ports = (container.Ports ?? []).Select(p => p.Name).ToHashSet();
                foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.OfType<V1Probe>())
                {
                    Assert.True(probe.Exec is not null || ports.Contains((probe.HttpGet?.Port ?? probe.TcpSocket.Port).ToString()), $"{container.Name} probes a port that it does not name.");
                }
            }

            var maps = rendered.Of<V1ConfigMap>().Select(c => c.Metadata.Name).ToHashSet();
            Assert.All((pod.Spec.Volumes ?? []).Where(v => v.ConfigMap is not null), v => Assert.Contains(v.ConfigMap.Name, maps));
            var claims = rendered.Of<V1PersistentVolumeClaim>().Select(c => c.Metadata.Name).ToHashSet();
            Assert.All((pod.Spec.Volumes ?? []).Where(v => v.PersistentVolumeClaim is not null), v => Assert.Contains(v.PersistentVolumeClaim.ClaimName, claims));
        }
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task A_service_leads_to_a_pod_and_to_a_port_that_it_opens(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        foreach (var service in rendered.Of<V1Service>())
        {
            var pod = Assert.Single(rendered.Pods, p => Selects(service.Spec.Selector, p));
            var ports = pod.Spec.Containers.SelectMany(c => c.Ports ?? []).Select(p => p.Name).ToHashSet();
            Assert.All(service.Spec.Ports, p => Assert.Contains(p.TargetPort.ToString(), ports));
        }

        foreach (var set in rendered.Of<V1StatefulSet>())
        {
            Assert.Contains(rendered.Of<V1Service>(), s => s.Metadata.Name == set.Spec.ServiceName);
        }

        Assert.All(rendered.Of<V1PodDisruptionBudget>(), b => Assert.Single(rendered.Pods, p => Selects(b.Spec.Selector.MatchLabels, p)));
        Assert.All(rendered.Of<V2HorizontalPodAutoscaler>(), h => Assert.Contains(rendered.Of<V1Deployment>(), d => d.Metadata.Name == h.Spec.ScaleTargetRef.Name && d.Spec.Replicas is null));
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_address_within_the_release_is_a_service_of_it_or_of_an_operator(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var services = rendered.Of<V1Service>().Select(s => s.Metadata.Name)
            .Concat(rendered.Manifests.Where(m => m.Kind == "Kafka").Select(m => $"{m.Name}-kafka-bootstrap"))
            .Concat(rendered.Manifests.Where(m => m.Kind == "Cluster").SelectMany(m => new[] { $"{m.Name}-rw", $"{m.Name}-ro" }))
            .ToHashSet();
        var texts = rendered.Environment.Select(e => e.Value ?? "")
            .Concat(rendered.Of<V1ConfigMap>().SelectMany(c => c.Data).Where(d => d.Key.EndsWith(".properties", StringComparison.Ordinal)).Select(d => d.Value))
            .Concat(rendered.Manifests.Where(m => m.Kind is "ScaledObject" or "KafkaSource").Select(m => m.Yaml.ToString()));
        var addresses = texts.SelectMany(t => Address().Matches(t)).Select(m => m.Groups["name"].Value)
            .Concat(rendered.Of<V1Ingress>().SelectMany(i => i.Spec.Rules).SelectMany(r => r.Http.Paths).Select(p => p.Backend.Service.Name))
            .Concat(rendered.Manifests.Where(m => m.Kind == "Route").Select(m => m.Yaml["spec"]["to"]["name"].ToString()))
            .ToHashSet();
        Assert.Superset(addresses, services);
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Network_policies_are_of_pods_that_are_there_and_let_their_services_be_reached(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var policies = rendered.Of<V1NetworkPolicy>().ToList();
        Assert.All(policies, n => Assert.Single(rendered.Pods, p => Selects(n.Spec.PodSelector.MatchLabels, p)));
        Assert.All(rendered.Pods, p => Assert.Single(policies, n => Selects(n.Spec.PodSelector.MatchLabels, p)));
        foreach (var policy in policies.Where(n => n.Spec.Ingress is { Count: > 0 }))
        {
            var pod = rendered.Pods.Single(p => Selects(policy.Spec.PodSelector.MatchLabels, p));
            var open = pod.Spec.Containers.SelectMany(c => c.Ports ?? []).Select(p => p.ContainerPort.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
            Assert.All(policy.Spec.Ingress.SelectMany(i => i.Ports), p => Assert.Contains(p.Port.ToString(), open));
        }
    }

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_secret_key_that_is_used_is_named_in_the_values(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var text = await File.ReadAllTextAsync(Repository.File("deploy", "charts", values.Chart, "values.yaml"), TestContext.Current.CancellationToken);
        var made = rendered.Manifests.Where(m => m.Kind == "KafkaUser").Select(m => m.Name)
            .Concat(rendered.Manifests.Where(m => m.Kind == "Cluster").Select(m => $"{m.Name}-app")).ToHashSet();
        var roles = rendered.Manifests.Where(m => m.Kind == "Cluster").SelectMany(m => CloudNativePg.Cluster.Read(m.Yaml).Managed?.Roles ?? []).Select(r => r.PasswordSecret!.Name).ToHashSet();
        foreach (var reference in rendered.Environment.Select(e => e.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>().Where(r => !made.Contains(r.Name)))
        {
            if (roles.Contains(reference.Name))
            {
                // The operator gives the role this password: the core asks with the same.
                Assert.Equal("password", reference.Key);
                Assert.Matches($@"#.*\bRELEASE{reference.Name[Helm.Release.Length..]}(?![-\w])", text);
                continue;
            }

            Assert.Equal(values.Chart, reference.Name);
            Assert.Matches($@"#.*\b{reference.Key}\b", text);
        }
    }

    [Fact]
    public async Task The_core_may_do_in_Kafka_what_it_does_and_no_more()
    {
        string[] stations = ["london-a1", "london-a3"];
        var rendered = await Helm.RenderAsync(new Installation("smartcity", $"--set kafka.strimzi.stations={{{string.Join(',', stations)}}}"));
        var user = rendered.Manifests.Single(m => m.Kind == "KafkaUser" && m.Name == $"{Helm.Release}-core");
        var rights = ((YamlSequenceNode)user.Yaml["spec"]["authorization"]["acls"]).Select(a => new Right(
            a["resource"]["type"].ToString(), a["resource"]["name"].ToString(), ((YamlMappingNode)a["resource"]).Children.ContainsKey("patternType"), [.. ((YamlSequenceNode)a["operations"]).Select(o => o.ToString())])).ToList();

        // A dead letter of any station may be sent back.
        string[] written = [Topics.Alerts, Topics.DeadLetters, Topics.Events, .. stations.Select(s => Topics.Mirrored(s, Topics.Sightings))];
        Assert.All(written, t => Assert.True(Topics.IsWrittenByCore(t), t));
        Assert.Equal(written.Order(), rights.Where(r => r is { Type: "topic" } && r.Operations.Contains("Write")).Select(r => r.Name).Order());
        string[] read = [.. written, .. stations.Select(s => Topics.Mirrored(s, Topics.StationHeartbeats))];
        Assert.All(read, t => Assert.Contains(rights, r => r.Is("topic", t, "Read", "Describe")));
        Assert.All([ConsumerGroups.Ingest, ConsumerGroups.Heartbeats + "a-pod"], g => Assert.Contains(rights, r => r.Is("group", g, "Read", "Describe")));
    }

    [Theory]
    [InlineData("", "site-kafka-bootstrap.default:9093")]
    [InlineData("-f values-trial.yaml ", "site-kafka.default:9092")]
    [InlineData("--set kafka.mode=external,knative.bootstrapServers=kafka.example.org:9093 ", "kafka.example.org:9093")]
    public async Task Knative_calls_a_function_for_what_is_on_topics_that_there_are(string values, string servers)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", $"{values}--set knative.functions[0].name=duty,knative.functions[0].image=registry.example.org/duty:1.0,knative.functions[0].topics={{{Topics.Alerts},{Topics.Events}}},knative.functions[0].deadLetters=https://dead.example.org/"));
        var service = rendered.Manifests.Single(m => m is { ApiVersion: "serving.knative.dev/v1", Kind: "Service" });
        var source = Knative.KafkaSource.Read(rendered.Manifests.Single(m => m.Kind == "KafkaSource").Yaml);
        var container = Assert.Single(Knative.Service.Read(service.Yaml).Template.Spec.Containers);

        Assert.Equal(("registry.example.org/duty:1.0", true, false), (container.Image, container.SecurityContext.ReadOnlyRootFilesystem, container.SecurityContext.AllowPrivilegeEscalation));
        Assert.Equal(new Knative.Reference { ApiVersion = service.ApiVersion, Kind = service.Kind, Name = service.Name }, source.Sink.Ref);
        Assert.Equal([servers], source.BootstrapServers);
        Assert.Equal(new Uri("https://dead.example.org/"), source.Delivery.DeadLetterSink.Uri);
        Assert.Equal(values.Contains("trial", StringComparison.Ordinal), source.Net is null);
        var users = rendered.Manifests.Where(m => m.Kind == "KafkaUser" && m.Name == $"{Helm.Release}-functions").ToList();
        Assert.Equal(values.Length == 0 ? 1 : 0, users.Count);
        var topics = rendered.Manifests.Where(m => m.Kind == "KafkaTopic").Select(m => m.Name).ToHashSet();
        foreach (var user in users)
        {
            var rights = ((YamlSequenceNode)user.Yaml["spec"]["authorization"]["acls"]).Select(a => a["resource"]["name"].ToString()).ToList();
            Assert.Equal([.. source.Topics, "function-"], rights);
            Assert.StartsWith(rights[^1], source.ConsumerGroup, StringComparison.Ordinal);
            Assert.Subset(topics, source.Topics.ToHashSet());
        }
    }

    [Fact]
    public async Task Nothing_of_Knative_is_there_unless_it_is_asked_for() =>
        Assert.DoesNotContain((await Helm.RenderAsync(new Installation("smartcity", ""))).Manifests, m => m.ApiVersion.Contains("knative", StringComparison.Ordinal));

    [Theory]
    [InlineData("", "scram_sha512")]
    [InlineData("-f values-trial.yaml ", null)]
    public async Task KEDA_scales_the_core_by_the_records_that_wait(string values, string? sasl)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", $"{values}--set core.autoscaling.mode=lag"));
        var scaled = Knative.ScaledObject.Read(rendered.Manifests.Single(m => m.Kind == "ScaledObject").Yaml);
        var trigger = Assert.Single(scaled.Triggers);

        Assert.Contains(rendered.Of<V1Deployment>(), d => d.Metadata.Name == scaled.ScaleTargetRef.Name && d.Spec.Replicas is null);
        Assert.Equal(("kafka", ConsumerGroups.Ingest, "50000", sasl), (trigger.Type, trigger.Metadata.ConsumerGroup, trigger.Metadata.LagThreshold, trigger.Metadata.Sasl));
    }

    [Fact]
    public async Task Functions_of_the_values_are_in_the_city_file()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", $"--set functions[0].name=duty,functions[0].on={{{CityEvents.AlertRaised}}},functions[0].url=https://duty.example.org/ --set-file city=cities/london.json"));
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, rendered.Of<V1ConfigMap>().Single(c => c.Data.ContainsKey("city.json")).Data["city.json"], TestContext.Current.CancellationToken);
        var function = Assert.Single(City.Load(file).Functions);
        File.Delete(file);

        Assert.Equal(("duty", new Uri("https://duty.example.org/")), (function.Name, function.Url));
        Assert.NotEmpty(City.Load(null).Stations);
    }

    [Theory]
    [InlineData("", 1, "")]
    [InlineData("--set postgres.instances=1", 0, "")]
    [InlineData("--set postgres.cloudnativepg.recovery.enabled=true,postgres.cloudnativepg.recovery.cluster=old-postgres,postgres.cloudnativepg.recovery.targetTime=2026-11-28T08:15:00Z", 1, "2026-11-28T08:15:00Z")]
    public async Task Postgres_commits_on_a_second_disk_and_can_go_back_to_any_moment(string values, int standbys, string targetTime)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", values));
        var cluster = CloudNativePg.Cluster.Read(rendered.Manifests.Single(m => m.Kind == "Cluster").Yaml);
        var backup = CloudNativePg.ScheduledBackup.Read(rendered.Manifests.Single(m => m.Kind == "ScheduledBackup").Yaml);

        Assert.Equal(standbys == 0 ? null : new CloudNativePg.Synchronous { Method = "any", Number = standbys, DataDurability = "required" }, cluster.Postgresql.Synchronous);
        Assert.StartsWith("s3://", cluster.Backup!.BarmanObjectStore!.DestinationPath, StringComparison.Ordinal);
        Assert.Equal("backup-access-key", cluster.Backup.BarmanObjectStore.S3Credentials!.AccessKeyId!.Key);
        Assert.NotNull(cluster.Backup.BarmanObjectStore.Wal);
        Assert.Equal($"{Helm.Release}-postgres", backup.Cluster!.Name);
        Assert.Equal(6, backup.Schedule!.Split(' ').Length);
        Assert.Equal(targetTime, cluster.Bootstrap!.Recovery?.RecoveryTarget?.TargetTime ?? "");
        Assert.Equal(targetTime.Length > 0, cluster.Bootstrap.Initdb is null);
        Assert.All(cluster.ExternalClusters ?? [], c => Assert.Equal((cluster.Bootstrap.Recovery!.Source, c.Name), (c.Name, c.BarmanObjectStore!.ServerName)));
    }

    [Theory]
    [InlineData("", 213, 20)]
    [InlineData("--set traffic.sightingsPerDay=21000000,retention.sightingsDays=30", 708, 32)]
    [InlineData("--set postgres.storage=1Ti,kafka.storage=100Gi", 1024, 100)]
    public async Task Disks_follow_from_the_traffic_and_how_long_it_is_kept(string values, int postgres, int kafka)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", values));
        Assert.Equal(postgres, Gibibytes(rendered.Manifests.Single(m => m.Kind == "Cluster").Yaml["spec"]["storage"]["size"]));
        Assert.Equal(kafka, Gibibytes(((YamlSequenceNode)rendered.Manifests.Single(m => m.Kind == "KafkaNodePool").Yaml["spec"]["storage"]["volumes"])[0]["size"]));

        // The core keeps sightings for as long as the disk was made for.
        var days = int.Parse(rendered.Environment.Single(e => e.Name == "Core__Retention__SightingsDays").Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(values.Contains("sightingsDays=30", StringComparison.Ordinal) ? 30 : 180, days);
        Assert.True(ConfigurationTests.Exists(["Core", "Retention", "SightingsDays"]));

        static int Gibibytes(YamlNode size) => int.Parse(size.ToString()[..^2], System.Globalization.CultureInfo.InvariantCulture) * (size.ToString().EndsWith("Ti", StringComparison.Ordinal) ? 1024 : 1);
    }

    [Fact]
    public async Task The_mirror_is_set_as_everywhere_else()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity-edge", "--set station=london-a1,mirror.mode=mirrormaker"));
        var chart = rendered.Of<V1ConfigMap>().Single(c => c.Data.ContainsKey("mm2.properties")).Data["mm2.properties"].Split('\n').ToHashSet();
        var ours = MirrorMaker.Properties([("london-a1", "${env:KAFKA_EDGE}")], "${env:KAFKA_CORE}", 3).Split('\n').ToHashSet();
        Assert.Superset(ours, chart);
    }

    // What is stolen at the roadside of one station is good for nothing at another.
    [Fact]
    public async Task A_stations_kafka_user_writes_to_its_own_topics_alone()
    {
        var rendered = await Helm.TemplateAsync(new Installation("smartcity", "--set kafka.strimzi.stations={london-a1,london-a10}"));
        var users = rendered.Output.Split("\n---").Where(m => m.Contains("kind: KafkaUser", StringComparison.Ordinal) && m.Contains("name: edge-london-a1\n", StringComparison.Ordinal)).ToList();
        var acls = Acl().Matches(Assert.Single(users)).Select(m => (Name: m.Groups["name"].Value, IsPrefix: m.Groups["prefix"].Success)).ToList();

        Assert.Equal(
            [("heartbeats", false), ("london-a1-mm2", false), ("london-a1.", true), ("mm2-configs.london-a1.internal", false), ("mm2-offsets.london-a1.internal", false), ("mm2-status.london-a1.internal", false)],
            acls.Order());
    }

    // Nothing that holds a plate or a password goes through the cluster in the clear where an operator makes the certificates.
    [Fact]
    public async Task Ours_speak_to_kafka_and_postgres_by_tls_alone_and_know_whose_certificate_it_is()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", ""));
        var containers = rendered.Pods.SelectMany(p => p.Spec.Containers).ToDictionary(c => c.Name, c => c.Env.ToDictionary(e => e.Name, e => e.Value));

        Assert.Contains("security.protocol=SASL_SSL;ssl.ca.location=/etc/smartcity-kafka-ca/ca.crt", containers["core"]["ConnectionStrings__core-kafka"], StringComparison.Ordinal);
        Assert.All(["core", "lake"], c => Assert.Contains("SSL Mode=VerifyFull;Root Certificate=/etc/smartcity-postgres-ca/ca.crt", containers[c]["ConnectionStrings__postgres"], StringComparison.Ordinal));
        var (_, text, _) = await Helm.TemplateAsync(new Installation("smartcity", ""));
        Assert.DoesNotContain("tls: false", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("-f values-trial.yaml", false)]
    [InlineData("--set postgres.mode=external,lake.tlsSecret=lake-tls,lake.service=LoadBalancer", false)]
    public async Task Analysts_have_one_address_and_Postgres_reaches_the_archive_there(string values, bool isCluster)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", values));
        var lake = rendered.Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == "lake");
        var environment = lake.Env.ToDictionary(e => e.Name);
        var service = rendered.Of<V1Service>().Single(s => s.Metadata.Name == $"{Helm.Release}-lake");

        Assert.Equal([("sql", 5433), ("sql-tls", 5434)], service.Spec.Ports.Select(p => (p.Name, p.Port)));
        Assert.Equal($"{service.Metadata.Name}:{environment["Lake__SecurePort"].Value}", environment["Lake__ForeignAddress"].Value);
        Assert.Equal("ClientIP", service.Spec.SessionAffinity);
        Assert.Equal(!isCluster, environment.ContainsKey("Lake__AnalystPassword"));
        Assert.Equal(values.Contains("tlsSecret", StringComparison.Ordinal), environment.ContainsKey("Lake__CertificateFile"));
        Assert.True(long.Parse(environment["Lake__Memory"].Value, System.Globalization.CultureInfo.InvariantCulture) < lake.Resources.Limits["memory"].ToDecimal());
        var most = new SmartCity.Lake.LakeOptions();
        var volume = rendered.Pods.Single(p => p.Spec.Containers.Contains(lake)).Spec.Volumes.Single(v => v.Name == "copies").EmptyDir.SizeLimit.ToDecimal();
        Assert.True(volume >= long.Parse(environment["Lake__CacheBytes"].Value, System.Globalization.CultureInfo.InvariantCulture) + (most.MostQueries * most.SpillBytes) + most.FetchedBytes, $"{volume}");
        if (isCluster)
        {
            var cluster = CloudNativePg.Cluster.Read(rendered.Manifests.Single(m => m.Kind == "Cluster").Yaml);
            Assert.Equal(["create extension postgres_fdw schema pg_catalog", "grant usage on foreign data wrapper postgres_fdw to smartcity", SmartCity.Lake.City.PublicFunctions.Withdraw, SmartCity.Lake.City.Nobody.Make], cluster.Bootstrap!.Initdb!.PostInitApplicationSql);
            Assert.Equal([(environment["Lake__Analyst"].Value, $"{Helm.Release}-analyst"), (environment["Lake__AnalystWithoutPlates"].Value, $"{Helm.Release}-analyst-without-plates")], cluster.Managed!.Roles.Select(r => (r.Name, r.PasswordSecret!.Name)));
        }

        // The core asks there for people at the console, as the same two, and may go there.
        var policy = rendered.Of<V1NetworkPolicy>().Single(n => n.Name() == $"{Helm.Release}-core");
        Assert.Single(policy.Spec.Egress, e => e.Ports.Any(p => p.Port == "5434") && rendered.Pods.Single(p => Selects(e.To.Single().PodSelector.MatchLabels, p)).Spec.Containers.Any(c => c.Name == "lake"));
        var core = rendered.Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == "core").Env.ToDictionary(e => e.Name);
        Assert.Equal((environment["Lake__ForeignAddress"].Value, environment["Lake__AnalystWithoutPlates"].Value, environment["Lake__Analyst"].Value), (core["Core__Sql__Address"].Value, core["Core__Sql__Role"].Value, core["Core__Sql__PlatesRole"].Value));
        var (password, plates) = (core["Core__Sql__Password"].ValueFrom.SecretKeyRef, core["Core__Sql__PlatesPassword"].ValueFrom.SecretKeyRef);
        Assert.Equal(isCluster ? ($"{Helm.Release}-analyst-without-plates", "password", $"{Helm.Release}-analyst", "password") : (plates.Name, "analyst-without-plates-password", plates.Name, "analyst-password"), (password.Name, password.Key, plates.Name, plates.Key));
    }

    [Theory]
    [InlineData("", new string[0], new string[0])]
    [InlineData("--set lake.service=LoadBalancer", new string[0], new string[0])]
    [InlineData("--set lake.clients.namespaces[0].team=analytics,lake.clients.networks[0]=10.0.0.0/8", new[] { "team=analytics" }, new[] { "10.0.0.0/8" })]
    public async Task Analysts_come_from_where_the_values_say_and_from_the_release_s_own_namespace(string values, string[] namespaces, string[] networks)
    {
        var policy = (await Helm.RenderAsync(new Installation("smartcity", values))).Of<V1NetworkPolicy>().Single(p => p.Metadata.Name == $"{Helm.Release}-lake");
        var from = policy.Spec.Ingress.Single(i => i.Ports.Any(p => p.Port.Value == "5433")).FromProperty;

        Assert.Single(from, f => f is { PodSelector: not null, NamespaceSelector: null });
        Assert.Equal(namespaces, from.Where(f => f.NamespaceSelector is not null).Select(f => string.Join(',', f.NamespaceSelector.MatchLabels.Select(l => $"{l.Key}={l.Value}"))));
        Assert.Equal(networks, from.Where(f => f.IpBlock is not null).Select(f => f.IpBlock.Cidr));
    }

    [Fact]
    public async Task Grafana_and_Superset_come_with_both_dashboards_and_ask_the_lake_without_plates()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", "--set grafana.enabled=true,superset.enabled=true,superset.image=registry.example.org/superset:5.0.0"));
        var grafana = rendered.Of<V1ConfigMap>().Single(c => c.Metadata.Name.EndsWith("-grafana", StringComparison.Ordinal)).Data;
        foreach (var file in (string[])["live-city.json", "toll-and-pollution.json"])
        {
            using var shipped = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Repository.File("deploy", "charts", "smartcity", "dashboards", file), TestContext.Current.CancellationToken));
            using var mounted = System.Text.Json.JsonDocument.Parse(grafana[file]);
            Assert.True(System.Text.Json.JsonElement.DeepEquals(shipped.RootElement, mounted.RootElement), file);
        }

        Assert.Contains($"url: {Helm.Release}-lake:5434", grafana["source.yaml"], StringComparison.Ordinal);
        Assert.Contains("user: analyst_without_plates", grafana["source.yaml"], StringComparison.Ordinal);
        var superset = rendered.Of<V1ConfigMap>().Single(c => c.Metadata.Name.EndsWith("-superset", StringComparison.Ordinal));
        Assert.Equal(await File.ReadAllBytesAsync(Repository.File("deploy", "charts", "smartcity", "dashboards", "superset.zip"), TestContext.Current.CancellationToken), superset.BinaryData["superset.zip"]);
    }

    [Fact]
    public async Task Nothing_of_Grafana_and_Superset_is_there_unless_it_is_asked_for() =>
        Assert.DoesNotContain((await Helm.RenderAsync(new Installation("smartcity", ""))).Manifests, m => m.Name.EndsWith("-grafana", StringComparison.Ordinal) || m.Name.EndsWith("-superset", StringComparison.Ordinal));

    [Fact]
    public async Task Nothing_of_the_lakes_sql_is_there_where_it_is_not_wanted() =>
        Assert.DoesNotContain((await Helm.RenderAsync(new Installation("smartcity", "--set lake.enabled=false"))).Manifests, m => m.Name == $"{Helm.Release}-lake" || m.Yaml.ToString().Contains("analyst", StringComparison.Ordinal));

    [Theory]
    [InlineData("core=https://api.example.org", false)]
    [InlineData("core=", true)]
    public async Task An_edge_that_has_a_core_holds_no_credentials_of_the_object_store(string core, bool holds)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity-edge", $"--set station=london-a1,{core}"));

        Assert.Equal(holds, rendered.Environment.Any(e => e.Name == "ConnectionStrings__objects"));
    }

    // Nobody is recognised by a chart that was not asked for it, and bystanders are blurred.
    [Theory]
    [InlineData("smartcity", "", "core", "core")]
    [InlineData("smartcity", "--set faces.enabled=true", "core", "core-faces", "Core__Faces__Enabled=true")]
    [InlineData("smartcity-edge", "--set station=london-a1", "edge", "edge", "Edge__Evidence__BlurFaces=true")]
    [InlineData("smartcity-edge", "--set station=london-a1,gpu.enabled=true,evidence.blurFaces=false", "edge", "edge-gpu", "Edge__Evidence__BlurFaces=false")]
    [InlineData("smartcity-edge", "--set station=london-a1,core=http://core,faces.enabled=true", "edge", "edge-faces", "Edge__Evidence__BlurFaces=true", "Edge__Faces__Enabled=true")]
    [InlineData("smartcity-edge", "--set station=london-a1,core=http://core,faces.enabled=true,gpu.enabled=true", "edge", "edge-gpu-faces", "Edge__Evidence__BlurFaces=true", "Edge__Faces__Enabled=true")]
    public async Task Faces_are_told_apart_only_where_the_values_say_so(string chart, string values, string container, string image, params string[] settings)
    {
        var one = (await Helm.RenderAsync(new Installation(chart, values))).Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == container);

        Assert.Equal(image, one.Image.Split('/')[^1].Split(':')[0]);
        Assert.Equal(settings, one.Env.Where(e => e.Name.Contains("Face", StringComparison.Ordinal)).Select(e => $"{e.Name}={e.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "0")]
    [InlineData(",evidence.framesAround=5", "5")]
    public async Task As_many_frames_around_a_sighting_are_kept_as_the_values_say(string values, string each)
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity-edge", $"--set station=london-a1,core=http://core{values}"));

        Assert.Equal(each, rendered.Environment.Single(e => e.Name == "Edge__Evidence__FramesAround").Value);
    }

    [Fact]
    public async Task An_edge_may_go_where_its_receivers_listen()
    {
        var rendered = await Helm.RenderAsync(new Installation(
            "smartcity-edge", "--set station=london-a1,core=https://api.example.org,hotlist.webhooks[0].address=http://room:7443/plates,hotlist.webhooks[0].secretKey=room,networkPolicy.egressPorts={9094}"));

        var ports = rendered.Of<V1NetworkPolicy>().Single(p => p.Name() == $"{Helm.Release}-edge").Spec.Egress.SelectMany(e => e.Ports).Select(p => p.Port.Value);
        Assert.Equal(["53", "53", "9094", "7443"], ports);
    }

    [Theory]
    [InlineData("smartcity-edge", "", "/station")]
    [InlineData("smartcity-edge", "--set station=London_A1", "/station")]
    [InlineData("smartcity-edge", "--set station=london-a1,mirror.mode=none", "kafka.mode")]
    [InlineData("smartcity-edge", "--set station=london-a1,hotlist.webhooks[0].address=http://room/,hotlist.webhooks[0].secretKey=room", "core")]
    [InlineData("smartcity-edge", "--set station=london-a1,core=http://core,hotlist.webhooks[0].address=http://room/", "secretKey")]
    [InlineData("smartcity-edge", "--set station=london-a1,faces.enabled=true", "faces.enabled is true, but only the core can order that faces are looked for.")]
    [InlineData("smartcity-edge", "--set station=london-a1,core=http://core,faces.enabled=perhaps", "/faces/enabled")]
    [InlineData("smartcity-edge", "--set station=london-a1,evidence.framesAround=1", "evidence.framesAround is above 0, but the core keeps the SHA-256 of these frames.")]
    [InlineData("smartcity-edge", "--set station=london-a1,core=http://core,evidence.framesAround=6", "/evidence/framesAround")]
    [InlineData("smartcity-edge", "--set station=london-a1,evidence.blur=true", "/evidence")]
    [InlineData("smartcity", "--set faces.enable=true", "/faces")]
    [InlineData("smartcity", "--set lake.memory=1000", "/lake/memory")]
    [InlineData("smartcity", "--set training.enabled=true,training.schedule=hourly", "/training/schedule")]
    [InlineData("smartcity", "--set training.enabled=true,training.gpu=1", "/training")]
    [InlineData("smartcity", "--set web.replicas=2", "ReadWriteMany")]
    [InlineData("smartcity", "--set image.tag=latest", "/image/tag")]
    [InlineData("smartcity", "--set kafka.mode=kafka", "/kafka/mode")]
    [InlineData("smartcity", "--set postgres.storage=200Gi,retention.sightingsDays=730,traffic.sightingsPerDay=21000000", "postgres.storage is 200Gi, which is too small: 21000000 sightings a day, kept for 730 days, need 16862Gi.")]
    [InlineData("smartcity", "--set kafka.storage=1Gi", "kafka.storage is 1Gi, which is too small")]
    [InlineData("smartcity", "--set kafka.retentionBytes=5368709120", "kafka.retentionBytes is 5368709120, which is too much")]
    [InlineData("smartcity", "--set postgres.storage=much", "/postgres/storage")]
    [InlineData("smartcity-edge", "--set station=london-a1,kafka.storage=10Gi,kafka.retentionBytes=10737418240", "kafka.retentionBytes is 10737418240, which is too much")]
    [InlineData("smartcity", "--set postgres.cloudnativepg.synchronousStandbys=3", "synchronousStandbys is 3, and there are 2 standbys")]
    [InlineData("smartcity", "--set postgres.cloudnativepg.recovery.enabled=true", "postgres.cloudnativepg.recovery.cluster is missing")]
    [InlineData("smartcity", "--set core.autoscaling.mode=lag,kafka.mode=external", "core.autoscaling.bootstrapServers")]
    [InlineData("smartcity", "--set knative.functions[0].name=duty", "/knative/functions/0")]
    [InlineData("smartcity", "--set kafka.mode=external,knative.functions[0].name=duty,knative.functions[0].image=registry.example.org/duty:1.0,knative.functions[0].topics={alerts},knative.functions[0].deadLetters=https://dead.example.org/", "knative.bootstrapServers")]
    [InlineData("smartcity", "--set knative.functions[0].name=duty,knative.functions[0].image=registry.example.org/duty:1.0,knative.functions[0].topics={alerts}", "deadLetters")]
    [InlineData("smartcity", "--set spark.image=i/s:1,spark.jobs[0].name=a,spark.jobs[0].schedule=@daily,spark.jobs[0].sql=s,spark.jobs[1].name=a,spark.jobs[1].schedule=@daily,spark.jobs[1].sql=s", "two jobs are named a")]
    [InlineData("smartcity", "--set spark.jobs[0].name=a,spark.jobs[0].schedule=@daily,spark.jobs[0].sql=s", "spark.image is missing")]
    [InlineData("smartcity", "--set functions[0].name=duty", "functions needs city")]
    [InlineData("smartcity", "--set grafana.enabled=true,lake.enabled=false", "lake.enabled")]
    [InlineData("smartcity", "--set superset.enabled=true", "superset.image")]
    [InlineData("smartcity", "--set internalTls.mode=generated", "Helm sees neither the Secret smartcity nor site-internal-ca in the namespace default.")]
    [InlineData("smartcity", "--set internalTls.mode=perhaps", "/internalTls/mode")]
    [InlineData("smartcity", "--set internalTls.mode=secret,internalTls.secrets.core=core-tls", "internalTls.secrets.lake is missing")]
    [InlineData("smartcity", "--set internalTls.mode=off,ingress.reencrypt=true", "ingress.reencrypt is true, but internalTls.mode is off")]
    [InlineData("smartcity", "-f values-openshift.yaml --set internalTls.mode=certManager,ingress.reencrypt=true", "internalTls.authority is missing")]
    [InlineData("smartcity-edge", "--set station=london-a1,core=http://core,coreApiCa=core-ca", "coreApiCa is set, but core is no https address")]
    public async Task Wrong_values_are_refused_with_what_is_wrong(string chart, string values, string named)
    {
        var (status, _, errors) = await Helm.TemplateAsync(new Installation(chart, values));
        Assert.NotEqual(0, status);
        Assert.Contains(named, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smartcity")]
    [InlineData("smartcity-edge")]
    public async Task Every_value_that_a_template_takes_is_in_the_values_file(string chart)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(await File.ReadAllTextAsync(Repository.File("deploy", "charts", chart, "values.yaml"), TestContext.Current.CancellationToken)));
        foreach (var template in Directory.EnumerateFiles(Repository.File("deploy", "charts", chart, "templates")))
        {
            foreach (Match match in Value().Matches(await File.ReadAllTextAsync(template, TestContext.Current.CancellationToken)))
            {
                var node = yaml.Documents[0].RootNode;
                foreach (var part in match.Groups[1].Value.Split('.'))
                {
                    Assert.True(node is YamlMappingNode map && map.Children.TryGetValue(part, out node!), $"{Path.GetFileName(template)} takes {match.Value}, which values.yaml does not have.");
                }
            }
        }
    }

    [Fact]
    public async Task Trainings_that_wait_are_run_by_one_job_at_a_time_on_a_node_with_the_gpus_that_are_asked_for()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", "--set training.enabled=true,training.gpus.nvidia\\.com/gpu=2,training.nodeSelector.disk=fast,nodeSelector.disk=slow"));
        var job = Assert.Single(rendered.Of<V1CronJob>());
        var pod = Assert.Single(rendered.Pods, p => p.Ends);
        var container = Assert.Single(pod.Spec.Containers);

        Assert.Equal(("Forbid", "Etc/UTC", "Never"), (job.Spec.ConcurrencyPolicy, job.Spec.TimeZone, pod.Spec.RestartPolicy));
        Assert.Equal(["train"], container.Args);
        Assert.Equal(("2", "2"), (container.Resources.Limits["nvidia.com/gpu"].ToString(), container.Resources.Requests["nvidia.com/gpu"].ToString()));
        Assert.Equal("fast", pod.Spec.NodeSelector["disk"]);
        Assert.DoesNotContain(container.Env, e => e.Name.Contains("SigningKey", StringComparison.Ordinal));
        Assert.Equal("Elsewhere", Where(rendered));
        Assert.Equal("Nowhere", Where(await Helm.RenderAsync(new Installation("smartcity", ""))));

        static string Where(Rendered rendered) => rendered.Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == "core").Env.Single(e => e.Name == "Core__Models__Training__Where").Value;
    }

    [Fact]
    public async Task Spark_runs_each_job_by_its_schedule_on_the_archive_with_its_password_in_no_manifest()
    {
        var rendered = await Helm.RenderAsync(new Installation("smartcity", "--set spark.image=registry.example.org/spark:4.0.2,spark.jobs[0].name=flow,spark.jobs[0].schedule=@daily,spark.jobs[0].sql=select(1),spark.jobs[1].name=toll,spark.jobs[1].schedule=@weekly,spark.jobs[1].sql=select(2)"));

        Assert.Equal([("flow", "@daily"), ("toll", "@weekly")], rendered.Of<V1CronJob>().Select(j => (j.Metadata.Name[$"{Helm.Release}-spark-".Length..], j.Spec.Schedule)));
        Assert.All(rendered.Of<V1CronJob>(), j => Assert.Contains($"-f /etc/smartcity-spark/{j.Metadata.Name[$"{Helm.Release}-spark-".Length..]}.sql", Assert.Single(Assert.Single(j.Spec.JobTemplate.Spec.Template.Spec.Containers).Args), StringComparison.Ordinal));
        var files = rendered.Of<V1ConfigMap>().Single(m => m.Metadata.Name == $"{Helm.Release}-spark").Data;
        Assert.Equal("select(2)", files["toll.sql"].TrimEnd());
        Assert.Contains($"spark.sql.catalog.lake.uri jdbc:postgresql://{Helm.Release}-postgres-rw:5432/smartcity", files["spark-defaults.conf"], StringComparison.Ordinal);
        Assert.DoesNotContain(files.Values, f => f.Contains("password", StringComparison.OrdinalIgnoreCase));
        Assert.Empty((await Helm.RenderAsync(new Installation("smartcity", ""))).Of<V1CronJob>());
    }

    private sealed record Right(string Type, string Name, bool IsPrefix, IReadOnlyList<string> Operations)
    {
        public bool Is(string type, string name, params string[] operations) =>
            Type == type && (Name is "*" || Name == name || (IsPrefix && name.StartsWith(Name, StringComparison.Ordinal))) && operations.All(Operations.Contains);
    }

    private static bool Selects(IDictionary<string, string> selector, Pod pod) => selector.All(s => pod.Labels.TryGetValue(s.Key, out var value) && value == s.Value);

    [GeneratedRegex($@"(?<![\w.-])(?<name>{Helm.Release}-[a-z-]+?)(?:\.[a-z0-9.-]+)?:\d+|Host=(?<name>{Helm.Release}-[a-z-]+)")]
    private static partial Regex Address();

    [GeneratedRegex(@"resource: \{ type: \w+, name: (?<name>[^ ,}]+)(?<prefix>, patternType: prefix)?")]
    private static partial Regex Acl();

    [GeneratedRegex(@"\.Values\.([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*)")]
    private static partial Regex Value();
}
