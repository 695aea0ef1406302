// Brings the page to life: charts, sortable tables, rows that open, dark and light. Everything that can be read without a
// script is in the page already.
(function () {
  'use strict';

  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const charts = [];  // {chart, draw}

  // ---- colours ----

  function colour(name) {
    return getComputedStyle(root).getPropertyValue('--' + name).trim();
  }
  // From bad to good, told apart by colour-blind eyes too; and from little to much.
  const JUDGED = ['#c62f2f', '#ee8a4a', '#f2d37a', '#8fbcd4', '#2f6fb0'];
  const PLAIN = ['#dbe7f5', '#9cc0e4', '#5a92cb', '#2a62a5', '#123a70'];
  const NAMED = ['#2f6fb0', '#ee8a4a', '#6a9f58', '#8f5fb8', '#c3a13a', '#c25b80', '#4aa5a5', '#8a6d5a', '#7d8597', '#b0413e'];

  function chooseTheme(theme) {
    root.dataset.theme = theme;
    charts.forEach((entry) => entry.draw());
  }
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  root.dataset.theme = dark.matches ? 'dark' : 'light';
  dark.addEventListener('change', () => chooseTheme(dark.matches ? 'dark' : 'light'));
  document.getElementById('theme').addEventListener('click', () => chooseTheme(root.dataset.theme === 'dark' ? 'light' : 'dark'));

  // ---- text ----

  function escaped(text) {
    const span = document.createElement('span');
    span.textContent = text;
    return span.innerHTML;
  }
  function tidy(value) {
    if (value === null || value === undefined) return 'none';
    return Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(4));
  }
  function bytes(count) {
    return count >= 1048576 ? (count / 1048576).toFixed(2) + ' MiB' : (count / 1024).toFixed(1) + ' KiB';
  }

  // ---- charts ----

  function base() {
    return {
      animation: false,
      textStyle: {fontFamily: getComputedStyle(document.body).fontFamily, color: colour('ink')},
      tooltip: {
        confine: true, backgroundColor: colour('card'), borderColor: colour('line'),
        textStyle: {color: colour('ink'), fontSize: 12},
      },
    };
  }
  function axis(extra) {
    return Object.assign({
      nameTextStyle: {color: colour('soft')}, axisLabel: {color: colour('soft')}, axisLine: {lineStyle: {color: colour('line')}},
      axisTick: {lineStyle: {color: colour('line')}}, splitLine: {lineStyle: {color: colour('line'), opacity: 0.6}},
    }, extra);
  }

  // An ECharts chart in `place` that is drawn again when the theme or the width changes. `option()` gives what to draw.
  function make(place, option) {
    place.textContent = '';
    const chart = echarts.init(place, null, {renderer: 'svg'});
    const draw = () => {
      chart.setOption(option(), true);
      const svg = place.querySelector('svg');
      if (svg && !svg.hasAttribute('viewBox')) {  // lets print scale it
        svg.setAttribute('viewBox', '0 0 ' + chart.getWidth() + ' ' + chart.getHeight());
      }
    };
    draw();
    charts.push({chart, draw, place});
    return chart;
  }

  function resizeAll() {
    charts.forEach((entry) => {
      if (!entry.place.isConnected) return;
      entry.chart.resize();
      const svg = entry.place.querySelector('svg');
      if (svg) svg.setAttribute('viewBox', '0 0 ' + entry.chart.getWidth() + ' ' + entry.chart.getHeight());
    });
  }
  let waiting = 0;
  window.addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(resizeAll, 120);
  });
  // Paper is white, whatever the screen shows.
  let themeBeforePrint = null;
  window.addEventListener('beforeprint', () => {
    themeBeforePrint = root.dataset.theme;
    if (themeBeforePrint === 'dark') chooseTheme('light');
  });
  window.addEventListener('afterprint', () => {
    if (themeBeforePrint === 'dark') chooseTheme('dark');
  });

  function drawChart(place, c) {
    const bars = c.form === 'bars';
    const many = c.points.length > 80;
    const chart = make(place, () => Object.assign(base(), {
      color: [colour('series-1'), colour('series-2'), colour('series-3')],
      legend: {show: c.series.length > 1, top: 0, textStyle: {color: colour('ink')}},
      grid: {left: 64, right: c.limits.length ? 96 : 24, top: c.series.length > 1 ? 36 : 20, bottom: many ? 76 : 48},
      tooltip: Object.assign(base().tooltip, {
        trigger: 'axis',
        formatter: (items) => '<b>' + escaped(c.points[items[0].dataIndex]) + '</b>' + items.map((item) =>
            '<br>' + item.marker + escaped(item.seriesName) + ': ' + tidy(item.value)).join(''),
      }),
      xAxis: axis({
        type: 'category', data: c.points.map((_, i) => i + 1), name: c.x, nameLocation: 'middle', nameGap: 28,
      }),
      yAxis: axis({type: 'value', name: c.y, nameLocation: 'middle', nameGap: 44, min: c.low, scale: !bars}),
      dataZoom: many ? [{type: 'slider', height: 18, bottom: 8, borderColor: colour('line'), textStyle: {color: colour('soft')}}] : [],
      series: c.series.map((s, i) => ({
        name: s.name, type: bars ? 'bar' : 'line', data: s.values, symbolSize: 5, barMaxWidth: 26,
        showSymbol: c.points.length <= 120, lineStyle: {width: 2}, connectNulls: true,
        markLine: i > 0 ? undefined : {
          symbol: 'none', silent: true, lineStyle: {type: 'dashed', color: colour('soft')},
          label: {color: colour('soft'), formatter: (p) => p.name, position: 'end'},
          data: c.limits.map((limit) => ({name: limit.name, yAxis: limit.value})),
        },
      })),
    }));
    chart.on('click', (event) => {
      if (c.rows.length) openRow(c.rows[event.dataIndex]);
    });
  }

  // Depth of every node, its lane in that depth, and the place of both, in rows like lines of text.
  function layOut(nodes) {
    const depth = [];
    const lane = [];
    const taken = [];  // by depth: set of lanes
    nodes.forEach((node, i) => {
      depth[i] = node.inputs.reduce((most, j) => Math.max(most, depth[j] + 1), 0);
      const wanted = node.inputs.length ? node.inputs.reduce((sum, j) => sum + lane[j], 0) / node.inputs.length : 0;
      const used = taken[depth[i]] = taken[depth[i]] || new Set();
      let found = 0;
      for (let step = 0; ; ++step) {  // the free lane that is nearest
        const sides = [Math.round(wanted) - step, Math.round(wanted) + step];
        const free = sides.find((s) => !used.has(s));
        if (free !== undefined) {
          found = free;
          break;
        }
      }
      used.add(found);
      lane[i] = found;
      // An edge that spans levels keeps its lane free on the way.
      node.inputs.forEach((j) => {
        for (let d = depth[j] + 1; d < depth[i]; ++d) (taken[d] = taken[d] || new Set()).add(lane[j]);
      });
    });
    const levels = Math.max(0, ...depth) + 1;
    const lanes = taken.reduce((most, used) => Math.max(most, used.size), 1);
    const rows = Math.max(1, Math.ceil(levels / (lanes > 2 ? 96 : 40)));
    const each = Math.ceil(levels / rows);
    const height = [];
    for (let r = 0; r < rows; ++r) {
      const lanes = nodes.map((_, i) => i).filter((i) => Math.floor(depth[i] / each) === r).map((i) => lane[i]);
      height.push({least: Math.min(...lanes), most: Math.max(...lanes)});
    }
    let top = 0;
    const tops = height.map((h) => {
      const at = top;
      top += h.most - h.least + 2;
      return at;
    });
    return {
      columns: each, lanes: top - 1, depth,
      at: nodes.map((_, i) => {
        const r = Math.floor(depth[i] / each);
        return [depth[i] - r * each, tops[r] + lane[i] - height[r].least];
      }),
    };
  }

  function drawNetwork(place, net) {
    const plan = layOut(net.nodes);
    const tools = document.createElement('div');
    tools.className = 'network-tools';
    tools.append('Coloured by');
    place.before(tools);
    let chosen = 0;
    // As many pixels a lane as the panel allows, so that the picture is not stretched.
    const margin = 28;
    const foot = 56;
    const across = Math.max(4, (place.clientWidth - 2 * margin) / Math.max(1, plan.columns - 1));
    const down = Math.min(36, Math.max(16, 700 / Math.max(1, plan.lanes)));
    const drawn = Math.max(40, (plan.lanes - 1) * down);
    place.style.height = drawn + margin + foot + 'px';
    const side = Math.max(6, Math.min(16, across * 0.72, down * 0.6));
    const chart = make(place, () => {
      const m = net.measures[chosen];
      const named = m.categories.length > 0;
      const scale = m.good === 'high' ? JUDGED : m.good === 'low' ? JUDGED.slice().reverse() : PLAIN;
      return Object.assign(base(), {
        tooltip: Object.assign(base().tooltip, {
          formatter: (item) => item.dataType === 'edge' ? '' :
            '<b>' + escaped(net.nodes[item.dataIndex].name) + '</b><br>' + escaped(net.nodes[item.dataIndex].kind) +
            net.measures.map((one, k) => {
              const v = net.nodes[item.dataIndex].values[k];
              if (v === null) return '';
              return '<br>' + escaped(one.name) + ': ' + (one.categories.length ? escaped(one.categories[v]) : tidy(v) + ' ' + escaped(one.unit));
            }).join(''),
        }),
        visualMap: {
          type: named ? 'piecewise' : 'continuous', dimension: 0, orient: 'horizontal', left: 'center', bottom: 0,
          textStyle: {color: colour('ink')}, itemHeight: named ? 12 : 220, itemWidth: 12, calculable: false,
          min: named ? undefined : m.low, max: named ? undefined : m.high,
          categories: undefined,
          pieces: named ? m.categories.map((name, k) => ({value: k, label: name, color: NAMED[k % NAMED.length]})) : undefined,
          text: named ? undefined : [tidy(m.high) + ' ' + m.unit, tidy(m.low) + ' ' + m.unit],
          inRange: named ? undefined : {color: scale}, outOfRange: {color: '#9aa3ad'}, seriesIndex: 0,
        },
        series: [{
          type: 'graph', layout: 'none', roam: true, left: margin, top: margin,
          width: place.clientWidth - 2 * margin, height: drawn, scaleLimit: {min: 0.8, max: 12},
          symbol: 'roundRect', symbolSize: side, nodeScaleRatio: 0.8, edgeSymbol: ['none', 'arrow'], edgeSymbolSize: 4,
          lineStyle: {color: colour('soft'), width: 1, opacity: 0.7, curveness: 0.06},
          itemStyle: {borderColor: colour('card'), borderWidth: 1},
          emphasis: {focus: 'adjacency', itemStyle: {borderColor: colour('ink')}},
          // Two corners that are not drawn: they keep the scale of both axes the same.
          data: [...net.nodes.map((node, i) => ({
            name: String(i), x: plan.at[i][0] * across, y: plan.lanes > 1 ? plan.at[i][1] * down : drawn / 2,
            value: node.values[chosen] === null ? undefined : node.values[chosen],
            itemStyle: node.values[chosen] === null ? {color: '#b9c0c9'} : undefined,
            visualMap: node.values[chosen] !== null,
          })), ...[[0, 0], [place.clientWidth - 2 * margin, drawn]].map((corner, i) => ({
            name: 'corner ' + i, x: corner[0], y: corner[1], symbolSize: 0, visualMap: false, itemStyle: {opacity: 0}, silent: true,
          }))],
          links: net.nodes.flatMap((node, i) => node.inputs.map((j) => ({
            source: j, target: i,
            lineStyle: plan.depth[i] - plan.depth[j] > 1 ? {curveness: 0.22} : undefined,
          }))),
        }],
      });
    });
    net.measures.forEach((m, k) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = m.name;
      button.setAttribute('aria-pressed', String(k === chosen));
      button.addEventListener('click', () => {
        chosen = k;
        tools.querySelectorAll('button').forEach((b) => b.setAttribute('aria-pressed', String(b === button)));
        charts.find((entry) => entry.chart === chart).draw();
      });
      tools.append(button);
    });
    tools.append('The wheel zooms, dragging moves, a click leads to the layer.');
    chart.on('click', (event) => {
      if (event.dataType === 'node' && net.nodes[event.dataIndex].row) openRow(net.nodes[event.dataIndex].row);
    });
  }

  function drawMemory(place, map) {
    const kinds = [...new Set(map.lifetimes.map((l) => l[1]))];
    make(place, () => Object.assign(base(), {
      legend: {top: 0, textStyle: {color: colour('ink')}},
      grid: {left: 84, right: 24, top: 36, bottom: 48},
      tooltip: Object.assign(base().tooltip, {
        formatter: (item) => {
          const l = map.lifetimes[item.value[4]];
          return '<b>' + escaped(l[0]) + '</b><br>' + escaped(l[1]) + ', ' + bytes(l[3]) + ' at ' + bytes(l[2]) + '<br>from step ' +
            l[4] + ' (' + escaped(map.steps[l[4]]) + ')<br>to step ' + l[5] + ' (' + escaped(map.steps[l[5]]) + ')';
        },
      }),
      xAxis: axis({type: 'value', min: 0, max: map.steps.length, name: 'step', nameLocation: 'middle', nameGap: 28, minInterval: 1}),
      yAxis: axis({
        type: 'value', min: 0, max: map.bytes, name: 'place in memory', nameLocation: 'middle', nameGap: 68,
        axisLabel: {color: colour('soft'), formatter: bytes},
      }),
      series: kinds.map((kind, k) => ({
        name: kind, type: 'custom', clip: true, color: NAMED[k % NAMED.length],
        encode: {x: [0, 2], y: [1, 3]},
        renderItem: (params, api) => {
          const a = api.coord([api.value(0), api.value(1)]);
          const b = api.coord([api.value(2), api.value(3)]);
          return {
            type: 'rect',
            shape: {x: a[0], y: b[1], width: Math.max(1.5, b[0] - a[0]), height: Math.max(1.5, a[1] - b[1])},
            style: {fill: NAMED[k % NAMED.length], opacity: 0.82, stroke: colour('card'), lineWidth: 1},
          };
        },
        data: map.lifetimes.map((l, i) => [l[4], l[2], l[5] + 1, l[2] + l[3], i, l[1]]).filter((row) => row[5] === kind)
            .map((row) => row.slice(0, 5)),
      })),
    }));
  }

  function drawHistogram(place, h) {
    const width = (h.high - h.low) / h.first.length;
    const centres = h.first.map((_, i) => h.low + (i + 0.5) * width);
    make(place, () => Object.assign(base(), {
      title: {text: h.title, left: 0, top: 2, padding: 0, textStyle: {fontSize: 13, color: colour('ink')}},
      color: [colour('series-1'), colour('series-2')],
      legend: {top: 22, left: 0, textStyle: {color: colour('ink')}},
      grid: {left: 56, right: 20, top: 56, bottom: 36},
      tooltip: Object.assign(base().tooltip, {
        trigger: 'axis',
        formatter: (items) => tidy(items[0].value[0] - width / 2) + ' to ' + tidy(items[0].value[0] + width / 2) +
          items.map((item) => '<br>' + item.marker + escaped(item.seriesName) + ': ' + (item.value[1] === null ? 'none' : item.value[1] + ' %')).join(''),
      }),
      xAxis: axis({type: 'value', min: h.low, max: h.high, axisLabel: {color: colour('soft'), formatter: tidy}}),
      yAxis: axis({
        type: 'log', min: 1e-4, max: 100,
        axisLabel: {color: colour('soft'), formatter: (v) => v >= 0.01 ? +v.toPrecision(2) + ' %' : v.toExponential(0) + ' %'},
      }),
      series: [h.first, h.second].map((values, k) => ({
        name: h.names[k], type: 'line', step: 'middle', showSymbol: false, lineStyle: {width: 1.6},
        areaStyle: k === 0 ? {opacity: 0.18} : undefined,
        data: values.map((v, i) => [centres[i], v > 0 ? +(100 * v).toPrecision(3) : null]),
        markLine: k > 0 ? undefined : {
          symbol: 'none', silent: true, lineStyle: {color: colour('failure'), type: 'dashed'},
          label: {color: colour('soft'), formatter: (p) => p.name, position: 'insideEndTop'},
          data: [['least', h.limits[0]], ['greatest', h.limits[1]]].filter((l) => l[1] !== null).map((l) => ({name: l[0], xAxis: l[1]})),
        },
      })),
    }));
  }

  function drawRanges(place, r) {
    make(place, () => Object.assign(base(), {
      title: {text: r.title, left: 0, top: 2, padding: 0, textStyle: {fontSize: 13, color: colour('ink')}},
      legend: {top: 22, left: 0, textStyle: {color: colour('ink')}},
      grid: {left: 56, right: 20, top: 56, bottom: 36},
      tooltip: Object.assign(base().tooltip, {
        trigger: 'axis',
        formatter: (items) => {
          const i = items[0].dataIndex;
          return (r.each > 1 ? 'channels ' + i * r.each + ' to ' + ((i + 1) * r.each - 1) : 'channel ' + i) + '<br>values ' +
            tidy(r.low[i]) + ' to ' + tidy(r.high[i]) + '<br>grid ' + tidy(r.limit_low[r.limit_low.length > 1 ? i : 0]) + ' to ' + tidy(r.limit_high[r.limit_high.length > 1 ? i : 0]);
        },
      }),
      xAxis: axis({type: 'category', data: r.low.map((_, i) => i * r.each)}),
      yAxis: axis({type: 'value', axisLabel: {color: colour('soft'), formatter: tidy}}),
      series: [
        {
          name: 'float values', type: 'custom', color: colour('series-1'), encode: {x: 0, y: [1, 2]},
          renderItem: (params, api) => {
            const a = api.coord([api.value(0), api.value(1)]);
            const b = api.coord([api.value(0), api.value(2)]);
            const width = Math.max(1, api.size([1, 0])[0] * 0.7);
            return {
              type: 'rect', shape: {x: a[0] - width / 2, y: b[1], width, height: Math.max(1, a[1] - b[1])},
              style: {fill: colour('series-1')},
            };
          },
          data: r.low.map((low, i) => [i, low, r.high[i]]),
        },
        ...['limit_low', 'limit_high'].map((key) => ({
          name: 'ends of the grid', type: 'line', step: 'middle', showSymbol: false, color: colour('failure'),
          lineStyle: {width: 1.2, type: 'dashed'}, data: r.low.map((_, i) => r[key][r[key].length > 1 ? i : 0]),
        })),
      ],
    }));
  }

  const drawers = {chart: drawChart, network: drawNetwork, memory: drawMemory};
  Object.entries(data.charts).forEach(([id, c]) => drawers[c.kind](document.getElementById(id), c));

  // ---- tables ----

  function rowsOf(table) {
    return [...table.tBodies[0].rows].filter((row) => !row.classList.contains('detail'));
  }
  function valueOf(cell) {
    return cell.dataset.value !== undefined ? Number(cell.dataset.value) : null;
  }

  document.querySelectorAll('table.sortable').forEach((table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const sort = () => {
        const number = head.classList.contains('number');
        const upward = head.getAttribute('aria-sort') !== 'ascending';
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', upward ? 'ascending' : 'descending');
        closeDetails(table);
        const rows = rowsOf(table);
        rows.sort((a, b) => {
          if (!number) {
            const order = a.cells[column].textContent.localeCompare(b.cells[column].textContent, 'en', {numeric: true});
            return upward ? order : -order;
          }
          const x = valueOf(a.cells[column]);
          const y = valueOf(b.cells[column]);
          if (x === null || y === null) return (x === null) - (y === null);  // what has no number comes last
          return upward ? x - y : y - x;
        });
        table.tBodies[0].append(...rows);
      };
      head.addEventListener('click', sort);
      head.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') sort();
      });
    });
    table.tBodies[0].addEventListener('click', (event) => {
      const row = event.target.closest('tr.opens');
      if (row) toggle(row);
    });
    table.tBodies[0].addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.target.matches('tr.opens')) toggle(event.target);
    });
  });

  document.querySelectorAll('input.filter').forEach((input) => {
    const table = input.closest('section').querySelector('.tools ~ .scroll table, .scroll table');
    input.addEventListener('input', () => {
      closeDetails(table);
      const wanted = input.value.toLowerCase();
      rowsOf(table).forEach((row) => {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      });
    });
  });

  function closeDetails(table) {
    table.querySelectorAll('tr.detail').forEach((row) => row.remove());
    table.querySelectorAll('tr.open').forEach((row) => row.classList.remove('open'));
    for (let i = charts.length - 1; i >= 0; --i) {
      if (!charts[i].place.isConnected) {
        charts[i].chart.dispose();
        charts.splice(i, 1);
      }
    }
  }

  function toggle(row) {
    const wasOpen = row.classList.contains('open');
    closeDetails(row.closest('table'));
    if (!wasOpen) show(row);
  }

  function show(row) {
    const detail = data.details[row.id];
    if (!detail) return;
    row.classList.add('open');
    const opened = document.createElement('tr');
    opened.className = 'detail';
    const cell = document.createElement('td');
    cell.colSpan = row.cells.length;
    opened.append(cell);
    const facts = document.createElement('dl');
    facts.className = 'facts';
    detail.facts.forEach(([key, value]) => {
      const dt = document.createElement('dt');
      const dd = document.createElement('dd');
      dt.textContent = key;
      dd.textContent = value;
      facts.append(dt, dd);
    });
    const panels = document.createElement('div');
    panels.className = 'panels';
    cell.append(facts, panels);
    row.after(opened);
    const shown = [['histogram', drawHistogram], ['ranges', drawRanges]].filter(([key]) => detail[key]).map(([key, draw]) => {
      const panel = document.createElement('div');
      panel.className = 'panel ' + key;
      panels.append(panel);
      return () => draw(panel, detail[key]);
    });
    shown.forEach((draw) => draw());  // once all panels have their width
  }

  function openRow(id) {
    const row = id && document.getElementById(id);
    if (!row) return;
    row.hidden = false;
    closeDetails(row.closest('table'));
    show(row);
    row.scrollIntoView({block: 'center'});
  }
})();
